import type { Server as HttpsServer } from 'node:https'
import { hostname as machineName } from 'node:os'
import type { Turns } from './alert/turns.ts'
import { createApp, type App } from './api/app.ts'
import { BrowserRules } from './api/browsers.ts'
import { endpoints, notifyEndpoints } from './api/endpoints/index.ts'
import { closeWithin, listenAt } from './api/listen.ts'
import { createMetrics } from './api/metrics.ts'
import { addNotifyFallback } from './api/notify.ts'
import type { Services } from './api/services.ts'
import type { LiveSecrets } from './config/load.ts'
import type { Config } from './config/sections.ts'
import { watchFolder } from './config/watch.ts'
import { messageOf } from './core/errors.ts'
import { GoMemoryWatch } from './core/go-memory.ts'
import { KnownSecrets } from './core/known-secrets.ts'
import type { RootLogger } from './core/logger.ts'
import { within } from './core/within.ts'
import { loadSubscriptionSettings } from './influxdb/load-settings.ts'
import { influxTest } from './influxdb/service-test.ts'
import { Subscriptions } from './influxdb/subscriptions.ts'
import { OpenInputs } from './ingest/inputs/open-inputs.ts'
import { udp } from './ingest/inputs/udp.ts'
import type { LoadDirectory } from './load/load-directory.ts'
import { openSources } from './notify/sources/open.ts'
import { openAlerting } from './server/alerting.ts'
import { type Auth, openAuth, subscriberTokens } from './server/auth.ts'
import { type Base, openBase } from './server/base.ts'
import { Closers, type Closing } from './server/closers.ts'
import { type Doors, importLimitsOf, openDoors } from './server/doors.ts'
import { openEngine } from './server/engine.ts'
import { startLoading } from './server/loading.ts'
import { countersOf, startStatistics, statisticsOf } from './server/readings.ts'
import { openTasks } from './server/tasks.ts'
import { followSecretFiles } from './server/secrets.ts'
import { followCertificates, readTls } from './server/tls.ts'
import { listenAtSocket } from './server/unix-socket.ts'
import { TASK_MASTER } from './tasks/task-topics.ts'

/**
 * The composition root: makes every service, hands each its part of the configuration, and ends them in order. The
 * groups of services that know each other are made in `server/`.
 */
export interface RunningServer {
  /** Where the server listens. */
  readonly url: string
  /**
   * Stops listening, drains and stops the tasks, delivers, closes the store. Resolves within ten seconds with what did
   * not end.
   */
  close(): Promise<readonly Closing[]>
}

export interface StartOptions {
  /** Goes on without definitions that the store has lost. */
  readonly acceptLoss?: boolean
  /** What of the configuration comes from files of secrets, and is followed. */
  readonly secrets?: LiveSecrets
  /** Is told where further secrets are. */
  readonly knownSecrets?: KnownSecrets
}

export async function startServer(
  config: Config,
  log: RootLogger,
  { acceptLoss = false, secrets, knownSecrets = new KnownSecrets() }: StartOptions = {}
): Promise<RunningServer> {
  const closers = new Closers(log)
  try {
    const base = await openBase({ config, log, closers, acceptLoss, knownSecrets })
    const doors = openDoors(config, base.clock)
    const { app, subscriptions, turns } = await compose(base, doors)
    const url = await listenAt(app, config.http['bind-address'])
    const socket = config.http['unix-socket']
    if (socket !== '') closers.add({ name: 'unix socket' }, await listenAtSocket(app, doors.connections, socket))
    if (secrets !== undefined) followConfiguration(base, secrets)
    turns.open()
    subscriptions.start(Number(new URL(url).port))
    return { url, close: () => closers.close() }
  } catch (error) {
    await closers.close()
    throw error
  }
}

/** Handlers, InfluxDB, tokens and whoever else asks get the configuration as it is now. */
function followConfiguration({ clock, log, overrides, closers }: Base, { files, config }: LiveSecrets): void {
  const follower = { clock, log: log.child({ service: 'config' }), files, subject: 'the configuration' }
  const stop = followSecretFiles({ ...follower, takeOver: async () => await overrides.rebase(config()) })
  closers.add({ name: 'secrets' }, stop)
}

interface Composed {
  readonly app: App
  readonly subscriptions: Subscriptions
  readonly turns: Turns
}

async function compose(base: Base, doors: Doors): Promise<Composed> {
  const { config, overrides, log, clock, server, db, closers } = base
  const auth = await openAuth(base)
  const { handlerTests, turns, crashGuard, ...alerting } = await openAlerting(base, auth.audit)
  const { alerts, notify, notifyFiles } = alerting
  const engine = await openEngine(base, alerts)
  const { pool, ingest, clusters } = engine
  const tasks = await openTasks(base, engine, alerts)
  const subscribed = ({ influxdb, http }: Config) => loadSubscriptionSettings(influxdb, server, http['shared-secret'])
  let { influxdb, http } = overrides.current
  const inputs = new OpenInputs({ clock, log: log.child({ service: 'inputs' }), take: (batch) => ingest.take(batch) })
  const subscriptions = new Subscriptions({
    settings: subscribed(overrides.current),
    tokens: config.http['auth-enabled'] ? subscriberTokens(auth.tokens) : undefined,
    listen: (place, { udpBind, udpBuffer, udpReadBuffer }) =>
      inputs.open(udp, { ...place, port: 0, bind: udpBind, buffer: udpBuffer, readBufferBytes: udpReadBuffer }),
    log: log.child({ service: 'influxdb' }),
    clock
  })
  closers.add({ name: 'subscriptions', withinMs: 2000 }, () => subscriptions.close())
  overrides.onChange((changed) => {
    if (changed.influxdb !== influxdb || changed.http !== http) subscriptions.renew(subscribed(changed))
    ;({ influxdb, http } = changed)
  })

  let loadDirectory: LoadDirectory | undefined
  const sources = {
    ...doors,
    logins: auth.throttle,
    crashGuard,
    db,
    ingest,
    inputs,
    alerts,
    pool,
    notify,
    loadErrors: () => loadDirectory?.errors ?? 0
  }
  const memory = new GoMemoryWatch()
  closers.add({ name: 'memory' }, () => memory.close())
  const services: Services = {
    ...{ ...tasks, ...alerting, ...auth, ...doors, log, clock, overrides, server, db, ingest, subscriptions },
    statistics: () => statisticsOf(sources),
    memory: () => memory.read(),
    metrics: createMetrics({
      tasks: tasks.tasks,
      counters: () => countersOf(sources),
      shards: () => pool.readings.gauges()
    }),
    reload: () => pool.reload(),
    serviceTests: [...handlerTests, influxTest(clusters)],
    maxBodyBytes: config.http['max-body-bytes'],
    importLimits: importLimitsOf(config),
    loadStatus: () => loadDirectory?.status
  }
  const app = openApp(base, auth, doors, config.http['bind-address'])
  for (const add of endpoints) add(app, services)
  if (config.notify.listen !== '') await listenForNotify(base, auth, doors, services)

  await notifyFiles.reload()
  const watching = watchFolder(config.notify.folder, ['filters', 'routes'], clock, () => void notifyFiles.reload())
  closers.add({ name: 'notify folder' }, () => watching.close())
  await notify.start()
  closers.add(
    { name: 'maildir' },
    await openSources(config.maildir, {
      ...{ clock, log: log.child({ service: 'maildir' }) },
      post: (alert) => notify.post(alert)
    })
  )
  // The others start while the server answers.
  await within(START_TASKS_MAX_MS, tasks.tasks.startEnabled(), () => {
    log.warn('the server listens before all tasks run', { 'after-ms': START_TASKS_MAX_MS })
  })
  if (config.load.enabled) loadDirectory = await startLoading(base, { ...tasks, ...auth, handlers: alerts.handlers })
  const onHangUp = (): void => {
    void notifyFiles.reload()
    void loadDirectory?.load()
    services.reload().catch((error: unknown) => {
      log.error('failed to reload the sources of sideload nodes', { err: messageOf(error) })
    })
  }
  process.on('SIGHUP', onHangUp)
  closers.add({ name: 'SIGHUP' }, () => process.off('SIGHUP', onHangUp))
  await alerts.buryOrphans((topic) => tasks.tasks.all.some(({ id }) => topic.startsWith(`${TASK_MASTER}:${id}:`)))
  if (config.stats.enabled) startStatistics(base, services)
  return { app, subscriptions, turns }
}

/** A server that answers is better than one that waits for its last task. */
const START_TASKS_MAX_MS = 30_000

/** A stop ends within ten seconds: requests under way cannot have them all. */
const HTTP_STOP_MAX_MS = 4000

/** Answers nothing yet. */
function openApp({ config, log, closers }: Base, { gate, audit }: Auth, doors: Doors, bindAddress: string): App {
  const { http, hostname } = config
  const tls = http['https-enabled'] ? readTls(config) : undefined
  const app = createApp({
    ...{ ...doors, tls, trustedProxies: http['trusted-proxies'] },
    ...{ log, gate, audit, logRequests: http['log-enabled'], maxBodyBytes: http['max-body-bytes'] },
    browsers: new BrowserRules({
      ...{ bindAddress, origins: http['allowed-origins'] },
      hosts: [hostname, machineName(), ...http['allowed-hosts']]
    })
  })
  const limitMs = Math.min(HTTP_STOP_MAX_MS, Number(http['shutdown-timeout'] / 1_000_000n))
  closers.add({ name: 'http', withinMs: limitMs + 500 }, () => closeWithin(app, limitMs))
  if (tls !== undefined) {
    closers.add(
      { name: 'certificates' },
      followCertificates(app.server as unknown as HttpsServer, config, log.child({ service: 'http' }))
    )
  }
  return app
}

/** A port of their own for alerts, filters and routes. */
async function listenForNotify(base: Base, auth: Auth, doors: Doors, services: Services): Promise<void> {
  const { listen } = base.config.notify
  const app = openApp(base, auth, doors, listen)
  for (const add of notifyEndpoints) add(app, services)
  addNotifyFallback(app, services)
  base.log.info('listening for alerts', { url: await listenAt(app, listen) })
}
