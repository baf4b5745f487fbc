import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { PackedFiles } from '../../src/recordings/packed-files.ts'
import { testFolder } from '../support/folder.ts'

const TEXT = 'much of the same, '.repeat(10_000)

function start(t: Test) {
  const folder = testFolder(t, {})
  const path = join(folder, 'a.duckdb')
  const files = new PackedFiles(folder)
  const names = (): string[] => readdirSync(folder).sort()
  const text = (): Promise<string> => files.read(path, (file) => Promise.resolve(readFileSync(file, 'utf8')))
  return { folder, path, files, names, text }
}

t.test('a small file is packed, and read as it was', async (t) => {
  const { path, files, names, text } = start(t)
  writeFileSync(path, TEXT)
  t.equal(await files.sizeOf(path), TEXT.length)
  await files.pack(path)
  t.strictSame(names(), ['a.duckdb.gz'])
  t.ok((await files.sizeOf(path))! < 2000)
  t.equal(await text(), TEXT)
  await files.remove(path)
  t.equal(await files.sizeOf(path), undefined)
})

t.test('a file that is large, or whose log is there, stays as it is', async (t) => {
  const { path, files, names } = start(t)
  writeFileSync(path, Buffer.alloc(8 * 1024 * 1024 + 1))
  await files.pack(path)
  writeFileSync(path, TEXT)
  writeFileSync(`${path}.wal`, '')
  await files.pack(path)
  t.strictSame(names(), ['a.duckdb', 'a.duckdb.wal'])
  await files.pack(join(path, 'none'))
})

t.test('readers of a packed file share a copy, which goes with the last of them', async (t) => {
  const { folder, path, files, text } = start(t)
  writeFileSync(path, TEXT)
  await files.pack(path)
  const opened: string[] = []
  let leave: () => void = () => {}
  const first = files.read(path, (file) => {
    opened.push(file)
    return new Promise<void>((resolve) => (leave = resolve))
  })
  await files.read(path, (file) => Promise.resolve(void opened.push(file)))
  t.equal(opened[0], opened[1])
  t.match(opened[0], /\/a\.duckdb$/)

  await files.remove(path)
  writeFileSync(path, 'another one of the name')
  await files.pack(path)
  t.equal(await text(), 'another one of the name')
  t.equal(readFileSync(opened[0]!, 'utf8'), TEXT, 'who reads one that is removed goes on')
  leave()
  await first
  t.strictSame(readdirSync(join(folder, '.open')), [])
  t.equal(await text(), 'another one of the name')
})

t.test('what cannot be unpacked, or is more than was packed, is unreadable', async (t) => {
  const { path, folder, text } = start(t)
  for (const content of [Buffer.from('junk'), gzipSync(Buffer.alloc(9 * 1024 * 1024))]) {
    writeFileSync(`${path}.gz`, content)
    await t.rejects(text(), { code: 'RECORDING_UNREADABLE' })
  }
  t.notOk(existsSync(join(folder, '.open')))
})

t.test('what a crash left of packing and reading is removed, and nothing else', async (t) => {
  const { folder, path, files, names, text } = start(t)
  writeFileSync(path, TEXT)
  writeFileSync(`${path}.gz`, gzipSync('older'))
  writeFileSync(join(folder, 'b.duckdb.gz'), gzipSync('b'))
  writeFileSync(join(folder, 'c.duckdb.packing'), 'half')
  writeFileSync(join(folder, 'c.duckdb'), 'c')
  await mkdir(join(folder, '.open/1'), { recursive: true })
  t.strictSame((await files.tidy(folder, names())).sort(), ['a.duckdb', 'b.duckdb', 'c.duckdb'])
  t.strictSame(names(), ['a.duckdb', 'b.duckdb.gz', 'c.duckdb'])
  t.equal(await text(), TEXT)
  t.notOk(existsSync(join(folder, '.open')))
})
