import { join } from 'node:path'
import t, { type Test } from 'tap'
import { DEFAULT_LIMITS } from '../../src/alert/delivery.ts'
import { CrashGuard } from '../../src/alert/crash-guard.ts'
import { Turns } from '../../src/alert/turns.ts'
import { NetworkGuard } from '../../src/net/network-guard.ts'
import { SecretFiles } from '../../src/config/secret-files.ts'
import { loadConfig } from '../../src/config/load.ts'
import { wallClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { type OpenNotify, openNotify } from '../../src/notify/open.ts'
import { Database } from '../../src/store/db.ts'
import { NotifyStore } from '../../src/store/notify.ts'
import { CrashMarks } from '../../src/store/crash-marks.ts'
import { testFolder } from '../support/folder.ts'
import { Receiver } from '../alert/rig.ts'
import { ANYTHING } from '../support/allowed.ts'
import { alertOf } from './rig.ts'
import { eventually } from '../support/eventually.ts'

/** As the server opens it, on real time. */
async function start(t: Test, environment: Readonly<Record<string, string>>, blocked: readonly string[] = []) {
  const { config } = loadConfig({
    file: 'config/kapok.yaml',
    environment: { KAPOK_NOTIFY_INITIAL_INTERVAL: '10ms', KAPOK_NOTIFY_MAX_INTERVAL: '10ms', ...environment }
  })
  const db = await Database.open(':memory:')
  const opened = await openNotify(config.notify, {
    ...{ store: new NotifyStore(db), environment: {}, secretFiles: new SecretFiles(), limits: DEFAULT_LIMITS },
    ...{ clock: wallClock, log: silentLogger },
    ...{ turns: new Turns(), crashGuard: new CrashGuard(CrashMarks.open(join(testFolder(t), 'mark')), wallClock) },
    ...{ section: () => undefined, clientUrl: '', publish() {}, ...ANYTHING, guard: new NetworkGuard(blocked) }
  })
  t.teardown(async () => {
    await opened.close()
    await db.close()
  })
  return opened
}

/** What an `edit` filter with such code does to alerts. */
async function edit({ notify }: OpenNotify, code: string, alerts = 1): Promise<unknown> {
  await notify.configuration.putFilter('f', { type: 'edit', code })
  const { filters } = (await notify.trial(Array.from({ length: alerts }, () => alertOf({})))) as Trial
  return filters[0]!.alerts
}

interface Trial {
  readonly filters: readonly { readonly alerts: unknown }[]
}

t.test('routes send nothing to networks that are blocked', async (t) => {
  const receiver = await Receiver.start(t)
  const { notify } = await start(t, {}, ['private'])
  await notify.configuration.putRoute('r', [
    { type: 'slack', url: receiver.url },
    { type: 'post', url: receiver.url }
  ])
  await notify.configuration.putFilter('all', { type: 'route', routes: ['r'] })
  await notify.start()
  await notify.post(alertOf({}))
  await eventually('two dead letters', () => notify.counters.dead === 2)
  await notify.idle()
  t.match(await notify.deadLetters(), [{ reason: /in a blocked network/ }, { reason: /in a blocked network/ }])
  t.strictSame(receiver.posts, [])
})

t.test('limits of programs are those of the configuration', async (t) => {
  const cases: readonly [key: string, value: string, code: string, expected: string][] = [
    ['TIMEOUT', '20ms', 'for (;;);', 'it took longer than 20 ms'],
    ['MEMORY_MIB', '16', 'for (var a = []; ;) a.push(new Uint8Array(1e5))', 'it needed more than 16 MiB of memory'],
    ['STACK_KIB', '32', 'var d = 0; (function f() { if (d++ < 500) f() })()', 'InternalError: stack overflow']
  ]
  for (const [key, value, code, expected] of cases) {
    const opened = await start(t, { [`KAPOK_NOTIFY_SCRIPT_${key}`]: value })
    t.match(await edit(opened, code), [{ error: `edit:f: ${expected}` }], key)
  }
  const late = await start(t, { KAPOK_NOTIFY_SCRIPT_LATE_RUNS: '1', KAPOK_NOTIFY_SCRIPT_TIMEOUT: '20ms' })
  t.match(await edit(late, 'for (;;);', 2), [{}, { error: 'edit:f: not run, since 1 before it took too long' }])
  const batch = await start(t, { KAPOK_NOTIFY_SCRIPT_BATCH_TIMEOUT: '1ms' })
  t.match(await edit(batch, ''), [{ error: 'edit:f: not run, since its batch took too long' }])
  const deep = await start(t, { KAPOK_NOTIFY_SCRIPT_STACK_KIB: '1024' })
  const code = 'var d = 0; (function f() { if (d++ < 4000) f() })(); alert.Title = String(d)'
  t.match(await edit(deep, code), [{ alert: { Title: '4001' } }])
})
