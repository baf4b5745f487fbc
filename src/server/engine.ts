import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { handlerSections } from '../alert/handlers/index.ts'
import type { AlertService } from '../alert/service.ts'
import type { Config } from '../config/sections.ts'
import type { HttpEndpoints } from '../engine/contract.ts'
import type { GlobalAlerts, HttpEndpoint } from '../graph/ports.ts'
import { loadClusterSettings } from '../influxdb/load-settings.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import { IngestRouter } from '../ingest/router.ts'
import { ReplayEvents } from '../recordings/replay-events.ts'
import { ShardPool } from '../shards/pool.ts'
import { type Base, blockedNetworksOf } from './base.ts'

/** Share of a shard's heap that the series of one database and retention policy may take. */
const MAX_SERIES_SHARE = 0.5

export interface RunningEngine {
  readonly pool: ShardPool
  readonly ingest: IngestRouter
  readonly replayEvents: ReplayEvents
  /** Clusters of InfluxDB, with the credentials of now. */
  readonly clusters: () => readonly ClusterSettings[]
  /** What the configuration, as it is now, lays upon the alerts of tasks that are started. */
  readonly globals: () => GlobalAlerts
}

/** The shards, and the way in to them. */
export async function openEngine(
  { config, overrides, log, server, closers, knownSecrets }: Base,
  alerts: AlertService
): Promise<RunningEngine> {
  const { http, shards } = config
  let clusters = clustersOf(overrides.current)
  const shardLog = log.child({ service: 'shards' })
  const taskLog = log.child({ service: 'kapacitor' })
  const replayEvents = new ReplayEvents()
  const stallLimitMs = Number(shards['stall-limit'] / 1_000_000n)
  const pool = new ShardPool({
    count: shards.count || Math.max(1, availableParallelism() - 1),
    engine: {
      deadman: config.deadman,
      endpoints: endpointsOf(overrides.current),
      server,
      influxdb: clusters,
      blockedNetworks: blockedNetworksOf(config),
      timeZone: config.batch['time-zone'],
      maxSeries: shards['max-series'],
      maxSeriesBytes: shards['max-heap-mib'] * MAX_SERIES_SHARE * 1024 * 1024,
      lineLimits: { maxFields: shards['max-line-fields'], maxTags: shards['max-line-tags'] },
      maxPending: shards['max-pending'],
      maxEffortMs: stallLimitMs === 0 ? Infinity : stallLimitMs / 2,
      loopback: { maxHops: shards['max-loopback-hops'], maxBytes: shards['max-loopback-bytes'] }
    },
    maxInFlightBytes: http['max-write-bytes-in-flight'],
    maxHeapMib: shards['max-heap-mib'],
    stallLimitMs,
    logGate: log.gate,
    redact: knownSecrets.redact,
    log: (level, message, details) => ('task_master' in details ? taskLog : shardLog)[level](message, details),
    maxUncommitted: config.alert['max-backlog'],
    onEvents: (events) => alerts.collect(events),
    onStateCopied: (copy) => alerts.copyState(copy),
    topicStates: (topics) => alerts.stateSnapshot(topics).map(({ id, ...state }) => ({ ...state, eventId: id })),
    onReplayEvents: (replayTask, events) => replayEvents.collect(replayTask, events),
    onReplayStateCopied: (replayTask, copy) => replayEvents.copyState(replayTask, copy),
    onLoopback: (looped, onProcessed) => ingest.writeLooped(looped, onProcessed)
  })
  closers.add({ name: 'shards', withinMs: 4500 }, () => pool.close())
  let { httppost, influxdb, http: api } = overrides.current
  // Differs: endpoints of httppost that are added, changed or removed over HTTP take force at once, also for nodes that
  // run; in Kapacitor |httpPost() never sees them.
  overrides.onChange((changed) => {
    if (changed.httppost !== httppost) pool.setEndpoints(endpointsOf(changed))
    if (changed.influxdb !== influxdb || changed.http !== api) pool.setClusters((clusters = clustersOf(changed)))
    ;({ httppost, influxdb, http: api } = changed)
  })
  const ingest: IngestRouter = new IngestRouter(pool.writes, {
    defaultRetentionPolicy: config['default-retention-policy'],
    writeDeadlineMs: Number(http['write-deadline'] / 1_000_000n)
  })
  await pool.ready()
  return { pool, ingest, replayEvents, clusters: () => clusters, globals: () => globalAlertsOf(overrides.current) }
}

function endpointsOf({ httppost }: Config): HttpEndpoints {
  return new Map(
    httppost.map((endpoint): [string, HttpEndpoint] => [
      endpoint.endpoint,
      {
        url: endpoint.url,
        headers: endpoint.headers,
        ...(endpoint['basic-auth'].username !== '' && { basicAuth: endpoint['basic-auth'] }),
        ...templateOf('rowTemplate', endpoint['row-template'], endpoint['row-template-file']),
        ...templateOf('alertTemplate', endpoint['alert-template'], endpoint['alert-template-file'])
      }
    ])
  )
}

function clustersOf({ influxdb, http }: Config): readonly ClusterSettings[] {
  return loadClusterSettings(influxdb, http['shared-secret'])
}

function templateOf(name: string, text: string, file: string): Readonly<Record<string, string>> {
  const template = file === '' ? text : readFileSync(file, 'utf8')
  return template === '' ? {} : { [name]: template }
}

/** Handlers that the configuration gives to every alert. */
function globalAlertsOf(config: Config): GlobalAlerts {
  const globals = Object.keys(handlerSections).flatMap((kind) => {
    const entries = [config[kind as keyof typeof handlerSections]].flat() as readonly Readonly<
      Record<string, unknown>
    >[]
    return entries.filter(({ enabled, global }) => enabled && global).map((entry) => ({ kind, entry }))
  })
  return {
    kinds: [...new Set(globals.map(({ kind }) => kind))],
    stateChangesOnly: globals.some(({ entry }) => entry['state-changes-only'] === true)
  }
}
