import type { CrashGuard } from '../alert/crash-guard.ts'
import type { AlertService } from '../alert/service.ts'
import type { Services } from '../api/services.ts'
import type { Connections } from '../api/connections.ts'
import type { RateLimit } from '../api/rate-limit.ts'
import type { LoginThrottle } from '../auth/login-throttle.ts'
import type { Intake } from '../ingest/intake.ts'
import type { OpenInputs } from '../ingest/inputs/open-inputs.ts'
import type { IngestRouter } from '../ingest/router.ts'
import { type NotifyService, STATISTICS } from '../notify/service.ts'
import type { ShardPool } from '../shards/pool.ts'
import {
  identityTags,
  ingressStatistics,
  publishStatistics,
  runtimeStatistic,
  serverStatistic,
  type Statistic
} from '../tasks/statistics.ts'
import type { Base } from './base.ts'

/** What the server tells of itself: counters for `/metrics`, statistics for tasks and `debug/vars`. */
export interface Sources {
  readonly db: { readonly losses: number }
  readonly ingest: IngestRouter
  readonly inputs: OpenInputs
  readonly connections: Connections
  readonly rateLimit: RateLimit
  readonly logins: Pick<LoginThrottle, 'failed' | 'throttled'>
  readonly writeIntake: Intake
  readonly intake: Intake
  readonly alerts: AlertService
  readonly crashGuard: CrashGuard
  readonly pool: ShardPool
  readonly notify: NotifyService
  /** Files of the load directory that could not be loaded, since the start. */
  readonly loadErrors: () => number
}

type Counters = Record<string, { readonly help: string; readonly value: number }>

export function countersOf(sources: Sources): Counters {
  const { db, ingest, alerts, pool, notify } = sources
  const { counters } = ingest
  return {
    ...doorCounters(sources),
    write_bodies: { help: 'Bodies of writes.', value: counters.bodies },
    write_bytes: { help: 'Bytes of bodies of writes.', value: counters.bytes },
    writes_refused: { help: 'Writes with bad lines.', value: counters.refused },
    writes_busy: { help: 'Writes that found no room, or no shard.', value: counters.busy },
    ...inputCounters(sources.inputs),
    alert_backlog: { help: 'Events whose states wait to be stored.', value: alerts.backlog },
    alert_outbox: { help: 'Events that are still to be delivered.', value: alerts.outbox.pending },
    alert_dead_letters: { help: 'Events that a handler did not get.', value: alerts.outbox.dead },
    alert_loops: { help: 'Events that came back to a topic that published them.', value: alerts.loops },
    ...crashCounters(sources.crashGuard),
    ...notifyCounters(notify),
    store_losses: {
      help: 'Losses of the store that were found at the start; the log says what is lost.',
      value: db.losses
    },
    shard_deaths: { help: 'Times that a shard thread died.', value: pool.deaths },
    shard_stalls: { help: 'Times that a shard thread was ended since it hung, among its deaths.', value: pool.stalls }
  }
}

function doorCounters({ connections, rateLimit, logins, writeIntake, intake }: Sources): Counters {
  const sum = (name: keyof Intake['counters']): number => writeIntake.counters[name] + intake.counters[name]
  return {
    http_connections: { help: 'Connections that are open.', value: connections.count },
    http_connections_refused: { help: 'Connections over the limit.', value: connections.counters.refused },
    http_logins_failed: { help: 'Logins with a wrong password or token.', value: logins.failed },
    http_logins_throttled: { help: 'Logins that had to wait after those that failed (429).', value: logins.throttled },
    http_requests_limited: { help: 'Requests over the limit of those that cost much (429).', value: rateLimit.refused },
    http_body_bytes: { help: 'Bytes held for bodies of requests.', value: writeIntake.bytes + intake.bytes },
    http_bodies_refused: { help: 'Bodies of requests that found no room (503).', value: sum('refused') },
    http_bodies_stalled: { help: 'Bodies of requests that came too slowly (408).', value: sum('stalled') }
  }
}

function crashCounters({ suspects, unmarked }: CrashGuard): Counters {
  return {
    delivery_suspects: { help: 'Deliveries that were under way at a crash of the server.', value: suspects },
    delivery_marks_dropped: {
      help: 'Deliveries whose mark had no room, so that a crash during them is not counted.',
      value: unmarked.dropped
    },
    delivery_marks_failed: {
      help: 'Marks of deliveries that could not be written, so that a crash during them is not counted.',
      value: unmarked.failed
    }
  }
}

function inputCounters({ counters }: OpenInputs): Counters {
  return Object.fromEntries(
    [...counters].flatMap(([name, { taken, dropped, failed }]) => [
      [`input_${name}_taken`, { help: `Messages that inputs of ${name} took in.`, value: taken }],
      [`input_${name}_dropped`, { help: `Messages that inputs of ${name} had no room for.`, value: dropped }],
      [`input_${name}_failed`, { help: `Messages of inputs of ${name} that were not processed.`, value: failed }]
    ])
  )
}

function notifyCounters({ statistics }: NotifyService): Counters {
  return Object.fromEntries(
    Object.entries(STATISTICS).map(([name, help]) => [
      `notify_${name}`,
      { help, value: statistics[name as keyof typeof STATISTICS] }
    ])
  )
}

/** Statistics of everything but tasks. */
export async function statisticsOf({ pool, alerts, notify, loadErrors }: Sources): Promise<Statistic[]> {
  return [
    ...ingressStatistics(await pool.readings.ingress()),
    ...alerts.topics().map(({ id, collected }) => ({ name: 'topics', tags: { id }, values: { collected } })),
    { name: 'load', tags: {}, values: { errors: loadErrors() } },
    { name: 'notify', tags: {}, values: notify.statistics }
  ]
}

/** Writes the statistics as points for tasks to read, from time to time. */
export function startStatistics({ config: { stats }, server, clock, closers }: Base, services: Services): void {
  const { tasks, ingest, subscriptions, statistics, memory } = services
  const target = {
    db: stats.database,
    rp: stats['retention-policy'],
    tags: identityTags(server),
    periodMs: Number(stats['stats-interval'] / 1_000_000n),
    write: (db: string, rp: string, lines: string) => ingest.writeText(db, rp, lines)
  }
  const timer = publishStatistics(target, tasks, clock, {
    whole: () => [serverStatistic(tasks, subscriptions.count), runtimeStatistic(memory())],
    parts: statistics
  })
  closers.add({ name: 'statistics' }, () => timer.cancel())
}
