import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LogFiles } from '../../../src/alert/handlers/log-files.ts'
import { testFolder } from '../../support/folder.ts'

t.test('log handlers write below the folders that are allowed, and nowhere else', async (t) => {
  const folder = testFolder(t, { logs: { deep: {} }, other: { file: 'untouched' }, data: { own: {} } })
  const at = (path: string) => join(folder, path)
  symlinkSync('../other', at('logs/away'))
  symlinkSync('../other/file', at('logs/file'))
  symlinkSync('../other/new', at('logs/dangling'))
  symlinkSync('logs', at('link'))
  execFileSync('mkfifo', [at('logs/pipe')])
  const files = new LogFiles([at('logs'), at('later')])

  for (const path of ['logs/a', 'logs/deep/b', 'link/c', 'other/../logs/d']) {
    files.check(at(path))
    await files.append(at(path), 'x\n', 0o600)
    await files.append(at(path), 'y\n', 0o600)
    t.equal(readFileSync(at(path), 'utf8'), 'x\ny\n', path)
    t.equal(statSync(at(path)).mode & 0o777, 0o600, path)
  }
  for (const path of ['other/file', 'logs/../other/file', 'logs/away/file', 'logs', 'logsx']) {
    const refusal = {
      code: 'LOG_FILE_FORBIDDEN',
      message: `the log file ${at(path)} is not allowed: it has to be below one of security.log-folders (${at('logs')}, ${at('later')})`
    }
    t.throws(() => files.check(at(path)), refusal, path)
    await t.rejects(files.append(at(path), 'x', 0o600), refusal, path)
  }
  const unwritable: readonly [string, RegExp][] = [
    ['logs/file', /is a symbolic link, which is not followed$/],
    ['logs/dangling', /is a symbolic link, which is not followed$/],
    ['logs/pipe', /is not a plain file$/],
    ['logs/deep', /EISDIR/],
    ['logs/missing/x', /ENOENT/],
    ['later/x', /ENOENT/]
  ]
  for (const [path, message] of unwritable) {
    files.check(at(path))
    await t.rejects(files.append(at(path), 'x', 0o600), { message }, path)
  }
  t.equal(readFileSync(at('other/file'), 'utf8'), 'untouched')

  await files.append('/dev/null', 'x', 0o600)

  files.check(at('logs/deep/b'))
  renameSync(at('logs/deep'), at('logs/moved'))
  symlinkSync('../other', at('logs/deep'))
  await t.rejects(files.append(at('logs/deep/file'), 'x', 0o600), { code: 'LOG_FILE_FORBIDDEN' })
})

t.test('log handlers do not write over what the server keeps, though its folder is below one that is allowed', (t) => {
  const folder = testFolder(t)
  const dataFolder = join(folder, 'data')
  mkdirSync(join(dataFolder, 'logs'), { recursive: true })
  writeFileSync(join(dataFolder, 'kapok.duckdb'), '')
  const files = new LogFiles([folder, join(dataFolder, 'logs')], dataFolder)
  files.check(join(folder, 'a'))
  files.check(join(dataFolder, 'logs', 'a'))
  t.throws(() => files.check(join(dataFolder, 'kapok.duckdb')), { code: 'LOG_FILE_FORBIDDEN' })
  t.throws(() => files.check(join(dataFolder, 'logs', '..', 'kapok.duckdb')), { code: 'LOG_FILE_FORBIDDEN' })
  t.end()
})
