import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { configStatusEndpoints } from '../../src/api/endpoints/config-status.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { testApp } from '../support/app.ts'
import { startFiles } from '../notify/files/rig.ts'
import { gateOf } from '../api/notify-rig.ts'
import { testFolder } from '../support/folder.ts'
import { run } from './run.ts'

const GOOD = {
  'kapok.yaml': 'hostname: h\n',
  scripts: { 'f.js': 'function isBad(a) { return a.Host === "h1" }' },
  templates: { 'mail.txt': '{{ .Title }}' },
  filters: {
    'a.yaml': 'type: discard\nscripts: [scripts/f.js]\nif: isBad(alert)\n',
    'b.yaml': '- { id: x, type: exec, command: [cat] }\n- { id: y, type: route, routes: [mail, pagr] }\n'
  },
  routes: {
    'mail.yaml': '- { type: email, from: a@b, password_file: /run/secrets/smtp, template: templates/mail.txt }\n',
    'pager.yaml': '- { type: slack, url_env: SLACK_URL }\n- { type: pagerduty2 }\n'
  }
}

t.test('check looks at a whole folder, as a server would, and needs no secrets', async (t) => {
  const folder = testFolder(t, GOOD)
  const filters = join(folder, 'filters')
  t.strictSame(await run(['check', folder]), {
    code: 0,
    out: `${folder} is fine: 5 filters and routes.\n`,
    error: `${filters}/b.yaml:2:40: warning: no file has a route "pagr", did you mean "pager"?\n`
  })
  const { code, out } = await run(['check', '--json', folder])
  t.equal(code, 0)
  t.match(JSON.parse(out), {
    ok: true,
    problems: [],
    warnings: [{ file: `${filters}/b.yaml`, line: 2, column: 40 }],
    filters: ['a', 'x', 'y'],
    routes: ['mail', 'pager']
  })
})

t.test('check says all that is wrong', async (t) => {
  const folder = testFolder(t, {
    'kapok.yaml': 'hostnam: h\n',
    'f.js': '\nthrow new Error("boom")',
    't.txt': '{{ .Title',
    filters: {
      'a.yaml': '- { id: x, type: discard, if: "while (true" }\n- { id: x, type: freq }\n',
      'b.yaml': 'type: discard\nif: f(alert)\nscripts: [f.js]\n',
      'c.yaml': 'type: discard\nscript: [f.js]\n'
    },
    routes: { 'r.yaml': '- { type: email, from: a@b, template: t.txt }\n', 's.yaml': '- type: log\n  path: x\n' }
  })
  const { code, out, error } = await run(['check', folder])
  t.strictSame([code, out], [1, ''])
  const lines = error.replaceAll(`${folder}/`, '').trim().split('\n').sort()
  t.match(lines, [
    /^filters\/a\.yaml:1:27: expr: while \(true: \(anonymous\): Line 1:12 Unexpected token/,
    /^filters\/a\.yaml:2:3: duplicate filter id "x"/,
    /^filters\/b\.yaml:[23]:1: .*f\.js: Line 2:16 Error: boom/,
    /^filters\/c\.yaml:2:1: unknown key "script", did you mean "scripts"\?/,
    /^kapok\.yaml:1:1: unknown key "hostnam"/,
    /^routes\/r\.yaml:1:29: email: template: /,
    /^routes\/s\.yaml:2:3: .*log path must be absolute/
  ])
  t.match(await run(['check', join(folder, 'none')]), { code: 1, error: /none: there is no such folder/ })
})

t.test('check warns of variables and files that are not there, and checks the rest; a plan needs them', async (t) => {
  const folder = testFolder(t, {
    'kapok.yaml': 'smtp: { password: "${SMTP_PASSWORD}", port: "${SMTP_PORT}" }\nhostname: "${HOST}"\n',
    filters: { 'f.yaml': 'type: freq\nduration: "${SECONDS}"\n' },
    routes: {
      'r.yaml': '- { type: pagerduty2, routing-key-file: /nosuch }\n',
      's.yaml': '- { type: slack, url: "${SLACK_URL}" }\n'
    }
  })
  const problems = [
    'kapok.yaml:1:9: warning: smtp.password: the environment variable SMTP_PASSWORD is not set: set it, or write',
    'kapok.yaml:1:39: warning: smtp.port: the environment variable SMTP_PORT is not set',
    'kapok.yaml:2:1: warning: hostname: the environment variable HOST is not set',
    'filters/f.yaml:2:1: warning: duration: the environment variable SECONDS is not set',
    'routes/r.yaml:1:23: warning: 0.routing-key-file: ENOENT',
    'routes/s.yaml:1:18: warning: 0.url: the environment variable SLACK_URL is not set'
  ]
  const linesOf = (text: string): string[] => text.replaceAll(`${folder}/`, '').trim().split('\n')
  const { code, error } = await run(['check', folder])
  t.equal(code, 0)
  t.equal(linesOf(error).length, problems.length)
  for (const [index, line] of linesOf(error).entries()) t.ok(line.startsWith(problems[index]!), line)

  const environment = { SMTP_PASSWORD: 'p', SMTP_PORT: '25', HOST: 'h', SECONDS: 'ten', SLACK_URL: 'ftp://x' }
  const full = await run(['check', folder], environment)
  t.equal(full.code, 1)
  t.match(linesOf(full.error), [
    'filters/f.yaml:2:1: duration must be a whole number',
    'routes/s.yaml:1:18: slack: url: not an HTTP address',
    /^routes\/r\.yaml:1:23: warning/
  ])
  t.match(await run(['plan', '--url', 'http://127.0.0.1:1', folder]), { code: 1, error: /SLACK_URL is not set/ })
})

t.test('plan says what a server would change, and status how files stand', async (t) => {
  const rig = await startFiles(t)
  await rig.load({
    'filters/a.yaml': 'type: discard\nif: alert.Host == "x"\n',
    'filters/b.yaml': 'type: freq\n',
    'filters/c.yaml': 'type: frq\n',
    'routes/r.yaml': '[]\n'
  })
  const app = testApp({ gate: gateOf({ all: 'secret' }) })
  const load = { dir: 'load', loaded: 1, problems: [{ file: 'tasks/t.tick', error: 'bad' }] }
  const { notify, files: notifyFiles } = rig
  await rig.put('made', { type: 'route', routes: ['r', 'q'] })
  configStatusEndpoints(app, { notify, log: silentLogger, notifyFiles, loadStatus: () => load })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  await rig.load({
    'next/filters/a.yaml': 'type: discard\nif: alert.Host == "y"\n',
    'next/filters/d.yaml': 'type: group\n',
    'next/routes/r.yaml': '[]\n'
  })
  const folder = join(rig.folder, 'next')

  t.match(await run(['plan', '--url', url, folder]), { code: 1, error: /401 auth token is required/ })
  const environment = { KAPOK_URL: url, KAPOK_TOKEN: 'secret' }
  t.strictSame(await run(['plan', folder], environment), {
    code: 0,
    out: '+ filter d\n~ filter a\n- filter b\n',
    error: ''
  })
  t.match(JSON.parse((await run(['plan', '--json', folder], environment)).out), {
    filters: { added: ['d'], changed: ['a'], removed: ['b'] },
    routes: { added: [], changed: [], removed: [] }
  })
  t.strictSame(rig.filterIds(), ['a', 'b', 'made'], 'nothing has changed')
  t.strictSame((await run(['plan', rig.folder], environment)).code, 1, 'a folder with problems is no plan')
  t.match(await run(['plan', '--url', 'http://127.0.0.1:1', folder]), { code: 1, error: /^plan: http:/ })

  const ask = async (path: string, method: 'GET' | 'POST', payload?: string) => {
    const headers = { authorization: 'Bearer secret' }
    return await app.inject({ method, url: path, headers, ...(payload !== undefined && { payload }) })
  }
  const status = await ask('/config/status', 'GET')
  t.match(status.json(), {
    ok: false,
    error: null,
    failures: [],
    missingRoutes: [{ filter: 'made', route: 'q' }],
    load: { problems: [{ file: 'tasks/t.tick', error: 'bad' }] },
    files: [
      { state: 'loaded', filters: ['a'], since: '2020-09-13T12:26:40Z', problems: [] },
      { state: 'loaded', filters: ['b'] },
      { state: 'refused', filters: [], since: null, problems: [{ line: 1, column: 1, path: 'type' }] },
      { state: 'loaded', routes: ['r'] }
    ]
  })
  for (const body of ['[]', '{"filters":[{}],"routes":[]}', '{"filters":[],"routes":[{"id":"a","definition":{}}]}']) {
    t.equal((await ask('/config/plan', 'POST', body)).statusCode, 400, body)
  }
})
