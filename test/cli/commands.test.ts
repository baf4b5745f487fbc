import { join } from 'node:path'
import t from 'tap'
import { commands } from '../../src/cli/commands/index.ts'
import { runCommand } from '../../src/cli/run-command.ts'
import { testFolder } from '../support/folder.ts'

async function run(...args: string[]) {
  let out = ''
  let error = ''
  const terminal = { environment: {}, out: (text: string) => (out += text), error: (text: string) => (error += text) }
  const code = await runCommand(commands, args, terminal)
  return { code, out, error }
}

t.test('check-config says what is wrong, to people and to programs', async (t) => {
  const dir = testFolder(t, { 'good.yaml': 'hostname: h', 'bad.yaml': 'hostnam: h\nsmtp: 1' })
  const good = join(dir, 'good.yaml')
  const bad = join(dir, 'bad.yaml')
  t.strictSame(await run('check-config', good), { code: 0, out: `${good} is fine.\n`, error: '' })
  t.strictSame(await run('check-config', bad), {
    code: 1,
    out: '',
    error: `${bad}:1:1: unknown key "hostnam", did you mean "hostname"?\n${bad}:2:1: smtp must be a section with keys\n`
  })
  const { code, out } = await run('check-config', '--json', bad)
  t.equal(code, 1)
  t.match(JSON.parse(out), {
    ok: false,
    file: bad,
    problems: [
      { file: bad, line: 1, column: 1, path: 'hostnam', message: /unknown key/ },
      { line: 2, path: 'smtp' }
    ]
  })
  t.strictSame(JSON.parse((await run('check-config', '-json', good)).out), { ok: true, file: good, problems: [] })
  const missing = await run('check-config', join(dir, 'none.yaml'))
  t.equal(missing.code, 1)
  t.match(missing.error, /no such file/)
})

t.test('config prints what is in effect, or an example', async (t) => {
  const { code, out } = await run('config', '-hostname', 'h', '--config', 'config/kapok.yaml')
  t.equal(code, 0)
  t.match(out, /^hostname: h$/m)
  t.match((await run('config', '--example')).out, /^# Name under which/m)
})

t.test('what is no command or no flag ends with the usage', async (t) => {
  t.match(await run('check-confg'), {
    code: 2,
    error: /^Unknown command check-confg, did you mean check-config\?\nUsage/
  })
  t.match(await run('config', '--nope'), { code: 2, error: /--nope[^]*Usage: kapok config/ })
  t.match(await run('config', '--config', '/no/such'), { code: 1, error: /^config: \/no\/such: / })
})

t.test('help and version', async (t) => {
  t.match(await run('help'), { code: 0, out: /check-config +Says/ })
  t.match(await run('--help'), { code: 0, out: /^Usage: kapok COMMAND/ })
  t.match(await run('help', 'config'), { code: 0, out: /^Usage: kapok config / })
  t.match(await run('help', 'zzz'), { code: 2, error: 'Unknown command zzz\n' })
  t.match(await run('version'), { code: 0, out: /^Kapok \d/ })
})
