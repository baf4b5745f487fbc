import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Receiver } from '../../alert/rig.ts'
import { startFiles } from './rig.ts'

const ENVIRONMENT = { ROUTE: 'sms', ORDER: '7', OFF: 'true', TOKEN: 'hush', host: 'never' }

t.test('any text of a file of filters or routes may hold variables of the environment', async (t) => {
  const receiver = await Receiver.start(t)
  const rig = await startFiles(t, { environment: { ...ENVIRONMENT, URL: receiver.url } })
  const { ok } = await rig.load({
    'filters/a.yaml': 'type: route\nlabel: "${ROUTE} $${ROUTE} $ROUTE ${"\nroutes: ["${ROUTE}"]\norder: ${ORDER}\n',
    'filters/b.yaml': 'type: discard\ndisabled: ${OFF}\nif: "alert.Title === `${alert.Host}`"\n',
    'filters/c.yaml':
      "type: edit\ncode: 'const host = alert.Host; alert.Message = `on ${host}, ${Math.max(1, 2)}`'\norder: 8\n",
    'routes/sms.yaml': '- type: post\n  url: "${URL}/${TOKEN}"\n  headers: { Authorization: "Bearer ${TOKEN}" }\n'
  })
  t.ok(ok, JSON.stringify(rig.problems()))
  t.match(rig.notify.configuration.filter('a').show(), {
    label: 'sms ${ROUTE} $ROUTE ${',
    routes: ['sms'],
    order: 7
  })
  t.equal(rig.notify.configuration.filter('b').switches.disabled, true)
  await rig.post({ title: 'a', host: 'h9' })
  await rig.round()
  const [sent] = await receiver.take(1)
  t.equal(sent?.path, '/hush')
  t.equal(sent?.headers.authorization, 'Bearer hush')
  t.match(sent?.body, 'on h9, 2', 'what looks like a reference in a program is JavaScript')
  t.match(rig.notify.configuration.route('sms').show(), [{ headers: { Authorization: '********' } }])
})

t.test('a reference that stands for nothing is told with its place, and only its file is not taken', async (t) => {
  const rig = await startFiles(t, { environment: ENVIRONMENT })
  const good = { 'filters/good.yaml': 'type: freq\n', 'filters/a.yaml': 'type: route\nroutes: ["${ROUTE}"]\n' }
  await rig.load({ ...good, 'routes/r.yaml': '- { type: bigpanda, app-key: "${TOKEN}" }\n' })
  const set = (name: string): string =>
    `the environment variable ${name} is not set: set it, or write $\${${name}} for the text`
  const cases: readonly [file: string, text: string, problem: string][] = [
    ['filters/a.yaml', 'type: route\nroutes: [x, "${NONE}"]\n', `2:13: routes.1: ${set('NONE')}`],
    ['filters/a.yaml', 'type: freq\nduration: "${NONE}"\n', `2:1: duration: ${set('NONE')}`],
    ['filters/a.yaml', '- { id: a, type: freq, label: "${NONE}" }\n', `1:24: 0.label: ${set('NONE')}`],
    ['routes/r.yaml', '- type: bigpanda\n  app-key: "${NONE}"\n', `2:3: 0.app-key: ${set('NONE')}`],
    ['routes/r.yaml', '- { type: bigpanda, app-key-file: none }\n', '1:21: 0.app-key-file: ENOENT'],
    ['routes/r.yaml', '- { type: bigpanda, app-key-file: /dev/null }\n', '1:21: 0.app-key-file: it is a device'],
    [
      'routes/r.yaml',
      '- { type: bigpanda, app-key: x, app-key-file: x }\n',
      '1:33: 0.app-key-file: app-key is set, too'
    ],
    ['routes/r.yaml', '- { type: slack, url_file: none }\n', '1:18: slack: url_file: ENOENT'],
    ['routes/r.yaml', '- { type: slack, url_env: NONE }\n', '1:18: slack: url_env: NONE is not set']
  ]
  for (const [file, text, problem] of cases) {
    await rig.load({ [file]: text })
    const [told = '', ...others] = rig.problems()
    t.ok(told.startsWith(`${file}:${problem}`) && others.length === 0, `${told}\n${problem}`)
    t.equal(rig.states()[file], 'kept')
    t.match(rig.notify.configuration.filter('a').show(), { routes: ['sms'] }, 'its last good version stays')
    t.ok(rig.notify.configuration.route('r'))
    await rig.load({ ...good, 'routes/r.yaml': '- { type: bigpanda, app-key: "${TOKEN}" }\n' })
    t.strictSame(rig.problems(), [])
  }
})

t.test(
  'a secret of a file is in force when it changes, and what waits for delivery is delivered with it',
  async (t) => {
    const receiver = await Receiver.start(t)
    const rig = await startFiles(t)
    const put = (name: string, text: string): void => {
      writeFileSync(join(rig.folder, 'secrets', `${name}.new`), text)
      renameSync(join(rig.folder, 'secrets', `${name}.new`), join(rig.folder, 'secrets', name))
    }
    /** As the server does every second. */
    const look = async (): Promise<boolean> => {
      const { hasChanged } = rig.secretFiles.look()
      if (hasChanged) await rig.files.reload()
      return hasChanged
    }
    mkdirSync(join(rig.folder, 'secrets'))
    put('key', 'one\n')
    put('hook', `${receiver.url}/one\n`)
    const { ok } = await rig.load({
      'filters/a.yaml': 'type: route\nroutes: [panda, slack, made]\n',
      'routes/panda.yaml': `- { type: bigpanda, url: "${receiver.url}/panda", app-key-file: secrets/key }\n`,
      'routes/slack.yaml': '- { type: slack, url_file: secrets/hook }\n'
    })
    t.ok(ok, JSON.stringify(rig.problems()))
    await rig.notify.configuration.putRoute('made', [{ type: 'slack', url_file: 'secrets/hook' }])
    t.strictSame(rig.notify.configuration.route('panda').show(), [
      { type: 'bigpanda', url: `${receiver.url}/panda`, 'app-key': '********' }
    ])
    const before = ['panda', 'slack', 'made'].map((id) => rig.notify.configuration.route(id))
    t.equal(await look(), false)

    receiver.answer = { status: 503 }
    await rig.post({ title: 'waits' })
    for (let i = 0; i < 5; i++) rig.clock.advance(1000)
    await rig.notify.idle()
    await receiver.take(2)
    receiver.answer = { status: 200 }
    put('key', 'second\n')
    put('hook', `${receiver.url}/second\n`)
    t.equal(await look(), true)
    for (const [index, id] of ['panda', 'slack', 'made'].entries()) {
      t.not(rig.notify.configuration.route(id), before[index], `${id} is opened anew`)
    }
    for (let i = 0; i < 20; i++) rig.clock.advance(10_000)
    await rig.notify.configuration.drained()
    const sent = receiver.posts.splice(0)
    t.ok(
      sent.some(({ path, body }) => path === '/second' && body.includes('waits')),
      'Slack gets what has waited'
    )
    t.equal(sent.filter(({ path }) => path === '/one').length, 0)

    rmSync(join(rig.folder, 'secrets', 'hook'))
    t.equal(await look(), false)
    await rig.load({ 'filters/b.yaml': 'type: freq\n' })
    t.strictSame(rig.problems(), [], 'a file that goes leaves its last secret in force')
    t.equal(rig.notify.configuration.route('slack').show()[0]?.url_file, 'secrets/hook')
  }
)

t.test('a plan names files and variables of the server in vain, but for those that are in force', async (t) => {
  const rig = await startFiles(t, { environment: { HOOK: 'http://127.0.0.1:1/' } })
  await rig.load({ 'routes/r.yaml': '- { type: slack, url_env: HOOK }\n' })
  const plan = async (definition: object) =>
    (
      await rig.notify.configuration.tryStatic([], [{ id: 'r', definition: [{ type: 'slack', ...definition }] }], {
        isPlan: true
      })
    ).routes.changed
  t.strictSame(await plan({ url_env: 'HOOK' }), [], 'nothing would change')
  for (const definition of [{ url_env: 'NONE' }, { url_file: '/etc/passwd' }, { url_file: '/none' }]) {
    t.strictSame(await plan(definition), ['r'], 'it would, whether that is there or not')
  }
})
