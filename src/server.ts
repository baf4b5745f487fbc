import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { withDisabled } from './alert/handlers/disabled.ts'
import { HttpClient } from './alert/handlers/http-client.ts'
import { handlerKinds } from './alert/handlers/index.ts'
import { NetworkGuard } from './alert/handlers/network-guard.ts'
import { serviceTests } from './alert/handlers/tests.ts'
import { alertLimitsOf } from './alert/limits.ts'
import { handlerServices } from './alert/service-tests.ts'
import { AlertService } from './alert/service.ts'
import { type App, BASE, createApp } from './api/app.ts'
import { endpoints, notifyEndpoints } from './api/endpoints/index.ts'
import { createMetrics } from './api/metrics.ts'
import { addNotifyFallback } from './api/notify.ts'
import type { Services } from './api/services.ts'
import { ConfigOverrides } from './config/overrides.ts'
import { type Config, handlerSections } from './config/sections.ts'
import { watchFolder } from './config/watch.ts'
import { wallClock } from './core/clock.ts'
import { messageOf } from './core/errors.ts'
import type { RootLogger } from './core/logger.ts'
import type { GlobalAlerts, HttpEndpoint } from './graph/ports.ts'
import { loadClusterSettings, loadSubscriptionSettings } from './influxdb/load-settings.ts'
import { influxTest } from './influxdb/service-test.ts'
import { Subscriptions } from './influxdb/subscriptions.ts'
import { IngestRouter } from './ingest/router.ts'
import { LoadDirectory } from './load/load-directory.ts'
import { nodes } from './nodes/index.ts'
import { poolHandler, poolTap } from './notify/bridge.ts'
import { schemas } from './notify/files/check.ts'
import { NotifyFiles } from './notify/files/notify-files.ts'
import { openNotify, warnOfOpenDoors } from './notify/open.ts'
import { type NotifyService, STATISTICS } from './notify/service.ts'
import { openSources } from './notify/sources/open.ts'
import { Archives } from './recordings/archives.ts'
import { Backtests } from './recordings/backtest.ts'
import { LaneEvents } from './recordings/lane-events.ts'
import { ReplayService } from './recordings/replays.ts'
import { RecordingService } from './recordings/service.ts'
import { ShardPool } from './shards/pool.ts'
import { Database } from './store/db.ts'
import { loadIdentity } from './store/identity.ts'
import { LoadedStore } from './store/loaded.ts'
import { NotifyStore } from './store/notify.ts'
import { OverrideStore } from './store/overrides.ts'
import { RecordingStore } from './store/recordings.ts'
import { ReplayStore } from './store/replays.ts'
import { Catalog } from './tasks/catalog.ts'
import { Compiler } from './tasks/compiler.ts'
import { TASK_MASTER } from './tasks/task-topics.ts'
import { TaskService } from './tasks/service.ts'
import { ingressStatistics, publishStatistics, type Statistic } from './tasks/statistics.ts'
import { TemplateService } from './tasks/templates.ts'

/** The composition root: makes every service, hands each its part of the configuration, and ends them in order. */
export interface RunningServer {
  /** Where it listens. */
  readonly url: string
  /** Stops listening, drains and stops the tasks, delivers, closes the store. Resolves when all is done. */
  close(): Promise<void>
}

/** What has been made so far and how to end it: the last made first. */
type Closer = () => unknown

export async function startServer(config: Config, log: RootLogger): Promise<RunningServer> {
  const closers: Closer[] = []
  const close = async (): Promise<void> => {
    for (let end = closers.pop(); end !== undefined; end = closers.pop()) {
      try {
        await end()
      } catch (error) {
        log.error('failed to stop a service', { error: messageOf(error) })
      }
    }
  }
  try {
    const { app, subscriptions } = await compose(config, log, closers)
    const url = await listen(app, config)
    subscriptions.start(Number(new URL(url).port))
    return { url, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function compose(
  config: Config,
  log: RootLogger,
  closers: Closer[]
): Promise<{ readonly app: App; readonly subscriptions: Subscriptions }> {
  const { hostname, data_dir: dataDir, http } = config
  const server = { hostname, ...(await loadIdentity(dataDir)) }
  const db = await Database.open(join(dataDir, 'kapok.duckdb'))
  closers.push(() => db.close())

  const overrides = await ConfigOverrides.open(config, new OverrideStore(db), log.child({ service: 'config' }))
  const section = (name: string): unknown => overrides.section(name)
  const clientUrl = `http://${hostname}:${portOf(http['bind-address'])}/kapacitor/v1`
  const guard = new NetworkGuard(config.alert['blocked-cidrs'])
  const { notify, notifyToken, postToken, ...opened } = await openNotify(config.notify, {
    store: new NotifyStore(db),
    guard,
    environment: process.env,
    clock: wallClock,
    log: log.child({ service: 'notify' }),
    ...{ section, clientUrl, limits: alertLimitsOf(config.alert).mailbox },
    publish: (topic, { event }) => void alerts.collect([{ ...event, topics: [topic] }])
  })
  closers.push(() => opened.close())
  warnOfOpenDoors(notifyToken, [http['bind-address'], config.notify.listen], log)

  const handlerHttp = new HttpClient(guard)
  const kinds = withDisabled(handlerKinds, config.alert['disabled-handlers'])
  const alerts = await AlertService.open({
    db,
    log: log.child({ service: 'alert' }),
    serverId: server.serverId,
    ...{ section, clientUrl },
    http: handlerHttp,
    kinds: [...kinds, poolHandler(notify)],
    taps: [poolTap(notify, config.notify['from-topics'])],
    persistTopics: config.alert['persist-topics'],
    limits: alertLimitsOf(config.alert)
  })
  closers.push(() => alerts.close())
  const notifyFiles = new NotifyFiles({
    ...{ schemas, folder: config.notify.folder, configuration: notify.configuration, clock: wallClock },
    log: log.child({ service: 'config' })
  })

  const globals = globalAlertsOf(overrides.current)
  const clusters = loadClusterSettings(config.influxdb)
  const shardLog = log.child({ service: 'shards' })
  const laneEvents = new LaneEvents()
  const pool = new ShardPool({
    count: config.shards.count || Math.max(1, availableParallelism() - 1),
    engine: {
      deadman: config.deadman,
      endpoints: endpointsOf(overrides.current),
      server,
      influxdb: clusters,
      timeZone: config.batch['time-zone'],
      globals,
      maxSeries: config.shards['max-series'],
      maxPending: config.shards['max-pending']
    },
    maxInFlightBytes: http['max-write-bytes-in-flight'],
    maxHeapMib: config.shards['max-heap-mib'],
    logGate: log.gate,
    log: (level, message, details) => shardLog[level](message, details),
    maxUncommitted: config.alert['max-backlog'],
    onEvents: (events) => alerts.collect(events),
    topicStates: (topics) => alerts.stateSnapshot(topics).map(({ id, ...state }) => ({ ...state, eventId: id })),
    onReplayEvents: (lane, events) => laneEvents.collect(lane, events),
    onLoopback: async (db, rp, lines) => void (await ingest.writeText(db, rp, lines))
  })
  closers.push(() => pool.close())
  const ingest = new IngestRouter(pool, {
    defaultRetentionPolicy: config['default-retention-policy'],
    writeDeadlineMs: Number(http['write-deadline'] / 1_000_000n)
  })
  await pool.ready()

  const catalog = await Catalog.open(db)
  const compiler = new Compiler(nodes, config.deadman)
  const clock = wallClock
  const common = { catalog, compiler, clock, log }
  const tasks = new TaskService({ ...common, runner: pool, topics: alerts, globalKinds: globals.kinds })
  const templates = new TemplateService(catalog, compiler, tasks, clock)
  const archives = new Archives(join(dataDir, 'recordings'), log)
  const recordings = await RecordingService.open({
    store: new RecordingStore(db),
    recorders: pool,
    clusters,
    timeZone: config.batch['time-zone'],
    ...{ archives, tasks, clock, log }
  })
  closers.push(() => recordings.close())
  const replays = await ReplayService.open({
    store: new ReplayStore(db),
    shards: pool,
    topics: () => alerts.replayTopics(),
    globalKinds: globals.kinds,
    ...{ recordings, archives, tasks, events: laneEvents, clock, log }
  })
  closers.push(() => replays.close())
  const backtests = new Backtests({
    ...{ recordings, archives, tasks, shards: pool, events: laneEvents, globalKinds: globals.kinds }
  })
  const statistics = async (): Promise<Statistic[]> => [
    ...ingressStatistics(await pool.ingress()),
    ...topicStatistics(alerts),
    notifyStatistic(notify)
  ]
  const subscriptions = new Subscriptions({
    settings: loadSubscriptionSettings(config.influxdb, server),
    take: (db, rp, lines) => ingest.writeText(db, rp, lines.toString()),
    log: log.child({ service: 'influxdb' }),
    clock
  })
  closers.push(() => subscriptions.close())
  const metrics = createMetrics({
    tasks,
    counters: () => countersOf(ingest, alerts, pool, notify),
    shards: () => pool.gauges()
  })
  const testDeps = {
    ...{ clock, section, clientUrl, http: handlerHttp },
    log: log.child({ service: 'service-tests' }),
    publish: () => {}
  }
  const maxBodyBytes = http['max-body-bytes']
  let loadDirectory: LoadDirectory | undefined
  const services: Services = {
    ...{
      tasks,
      templates,
      recordings,
      replays,
      backtests,
      alerts,
      log,
      overrides,
      server,
      db,
      statistics,
      metrics,
      ingest,
      reload: () => pool.reload()
    },
    serviceTests: [...handlerServices(serviceTests, kinds, testDeps), influxTest(clusters)],
    ...{ subscriptions, notify, notifyFiles, notifyToken, postToken, maxBodyBytes },
    loadStatus: () => loadDirectory?.status
  }
  const app = createApp({ log, logRequests: http['log-enabled'], maxBodyBytes })
  for (const add of endpoints) add(app, services)
  closers.push(() => closeWithin(app, Number(http['shutdown-timeout'] / 1_000_000n)))

  if (config.notify.listen !== '') closers.push(await listenForNotify(config, services))

  await notifyFiles.reload()
  const watching = watchFolder(config.notify.folder, ['filters', 'routes'], wallClock, () => void notifyFiles.reload())
  closers.push(() => watching.close())
  await notify.start()
  closers.push(
    await openSources(config.maildir, {
      ...{ clock: wallClock, log: log.child({ service: 'maildir' }) },
      post: (alert) => notify.post(alert)
    })
  )
  await tasks.startEnabled()
  if (config.load.enabled) loadDirectory = await startLoading(config, app, db, log, closers)
  const onHangUp = (): void => {
    void notifyFiles.reload()
    void loadDirectory?.load()
  }
  process.on('SIGHUP', onHangUp)
  closers.push(() => process.off('SIGHUP', onHangUp))
  await alerts.buryOrphans((topic) => tasks.all.some(({ id }) => topic.startsWith(`${TASK_MASTER}:${id}:`)))
  if (config.stats.enabled) closers.push(startStatistics(config, services, statistics))
  return { app, subscriptions }
}

/** Loads what is there, and watches for more. */
async function startLoading(
  { load: { dir } }: Config,
  app: App,
  db: Database,
  log: RootLogger,
  closers: Closer[]
): Promise<LoadDirectory> {
  const directory = new LoadDirectory({
    ...{ dir, store: new LoadedStore(db), log: log.child({ service: 'load' }) },
    async call(method, path, body) {
      const payload = body === undefined ? {} : { payload: body }
      const answer = await app.inject({ method, url: `${BASE}${path}`, ...payload })
      return { status: answer.statusCode, error: answer.statusCode < 300 ? '' : errorOf(answer.body) }
    }
  })
  await directory.load()
  const watching = watchFolder(dir, ['templates', 'tasks', 'handlers'], wallClock, () => void directory.load())
  closers.push(() => watching.close())
  return directory
}

function errorOf(body: string): string {
  return (JSON.parse(body) as { readonly error: string }).error
}

function startStatistics(
  config: Config,
  { tasks, server, ingest, subscriptions }: Services,
  others: () => Promise<readonly Statistic[]>
): Closer {
  const target = {
    db: config.stats.database,
    rp: config.stats['retention-policy'],
    tags: { cluster_id: server.clusterId, server_id: server.serverId, host: server.hostname },
    periodMs: Number(config.stats['stats-interval'] / 1_000_000n),
    write: (db: string, rp: string, lines: string) => ingest.writeText(db, rp, lines),
    countSubscriptions: () => subscriptions.count
  }
  const timer = publishStatistics(target, tasks, wallClock, others)
  return () => timer.cancel()
}

/** A port of their own for alerts, filters and routes. */
async function listenForNotify({ http, notify }: Config, services: Services): Promise<Closer> {
  const { log, maxBodyBytes } = services
  const app = createApp({ log, logRequests: http['log-enabled'], maxBodyBytes })
  for (const add of notifyEndpoints) add(app, services)
  addNotifyFallback(app, services)
  log.info('listening for alerts', { url: await listenAt(app, notify.listen) })
  return () => closeWithin(app, Number(http['shutdown-timeout'] / 1_000_000n))
}

function listen(app: App, { http }: Config): Promise<string> {
  return listenAt(app, http['bind-address'])
}

async function listenAt(app: App, address: string): Promise<string> {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  return await app.listen({ port: portOf(address), ...(host !== '' && { host }), ...(host === '' && { host: '::' }) })
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

/** How often connections that have become idle are closed while the server ends. */
const SWEEP_MS = 50

/** Requests under way may end; those that take longer are cut. */
async function closeWithin(app: App, limitMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), limitMs)
  // A connection whose answer ends only now would stay until its client lets go of it.
  const sweeper = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
  await app.close()
  clearTimeout(timer)
  clearInterval(sweeper)
}

function endpointsOf({ httppost }: Config): Readonly<Record<string, HttpEndpoint>> {
  return Object.fromEntries(
    httppost.map((one) => [
      one.endpoint,
      {
        url: one.url,
        headers: one.headers,
        ...(one['basic-auth'].username !== '' && { basicAuth: one['basic-auth'] }),
        ...templateOf('rowTemplate', one['row-template'], one['row-template-file']),
        ...templateOf('alertTemplate', one['alert-template'], one['alert-template-file'])
      }
    ])
  )
}

function templateOf(name: string, text: string, file: string): Readonly<Record<string, string>> {
  const template = file === '' ? text : readFileSync(file, 'utf8')
  return template === '' ? {} : { [name]: template }
}

/** Handlers that the configuration gives to every alert. */
function globalAlertsOf(config: Config): GlobalAlerts {
  const globals = handlerSections.flatMap((kind) => {
    const entries = [config[kind]].flat() as readonly Readonly<Record<string, unknown>>[]
    return entries.filter(({ enabled, global }) => enabled && global).map((entry) => ({ kind, entry }))
  })
  return {
    kinds: [...new Set(globals.map(({ kind }) => kind))],
    stateChangesOnly: globals.some(({ entry }) => entry['state-changes-only'] === true)
  }
}

function topicStatistics(alerts: AlertService): Statistic[] {
  return alerts.topics().map(({ id, collected }) => ({ name: 'topics', tags: { id }, values: { collected } }))
}

function countersOf({ counters }: IngestRouter, alerts: AlertService, pool: ShardPool, notify: NotifyService) {
  return {
    write_bodies: { help: 'Bodies of writes.', value: counters.bodies },
    write_bytes: { help: 'Bytes of bodies of writes.', value: counters.bytes },
    writes_refused: { help: 'Writes with bad lines.', value: counters.refused },
    writes_busy: { help: 'Writes that found no room, or no shard.', value: counters.busy },
    alert_backlog: { help: 'Events whose states wait to be stored.', value: alerts.backlog },
    alert_outbox: { help: 'Events that are still to be delivered.', value: alerts.outbox.pending },
    alert_dead_letters: { help: 'Events that a handler did not get.', value: alerts.outbox.dead },
    alert_loops: { help: 'Events that came back to a topic that published them.', value: alerts.loops },
    ...notifyCounters(notify),
    shard_deaths: { help: 'Times that a shard thread died.', value: pool.deaths }
  }
}

function notifyStatistic({ statistics }: NotifyService): Statistic {
  return { name: 'notify', tags: {}, values: statistics }
}

function notifyCounters({ statistics }: NotifyService): Record<string, { help: string; value: number }> {
  return Object.fromEntries(
    Object.entries(STATISTICS).map(([name, help]) => [
      `notify_${name}`,
      { help, value: statistics[name as keyof typeof STATISTICS] }
    ])
  )
}
