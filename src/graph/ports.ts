import type { Clock } from '../core/clock.ts'
import type { Instant } from '../core/instant.ts'
import type { LogFields } from '../core/logger.ts'
import type { InfluxCluster } from '../influxdb/query/cluster.ts'
import type { AlertEvent, Level, StateCopy } from '../model/event.ts'
import type { Point } from '../model/point.ts'
import type { Effort } from './effort.ts'

/**
 * What nodes ask of the world. `workers/shard.ts` plugs in the real thing, a test a fake (`test/support/ports.ts`);
 * so a graph runs alike in a shard, in a replay and in a test.
 */
export interface Ports {
  readonly clock: Clock
  readonly log: NodeLog
  readonly http: HttpPort
  readonly alerts: AlertPort
  readonly loopback: LoopbackPort
  readonly httpOut: HttpOutPort
  readonly influx: InfluxPort
  /** Whether queries of batch tasks run when they are due, or whoever runs the graph feeds them what was recorded. */
  readonly queries: 'scheduled' | 'fed'
  readonly server: ServerInfo
  readonly effort: Effort
  /** Zone of cron schedules; '' is that of the machine. */
  readonly timeZone: string
  /**
   * Tells the engine of work that a node has taken on but not finished (a request under way). While a task has more
   * than its bound of it, writers wait.
   */
  pending(delta: number): void
  /**
   * Runs what a node does when an answer comes, as messages and timers are run: what it throws ends the task, and once
   * the task has ended it does nothing.
   */
  turn(work: () => void): void
}

/** Log lines of nodes. */
export interface NodeLog {
  /** An error in the data (`Node.error`): bad data can make one a point, so the engine holds repeats back. */
  pointError(node: string, message: string, details?: LogFields): void
  debug(node: string, message: string, details?: LogFields): void
  info(node: string, message: string, details?: LogFields): void
  warn(node: string, message: string, details?: LogFields): void
  error(node: string, message: string, details?: LogFields): void
}

export interface ServerInfo {
  readonly hostname: string
  readonly clusterId: string
  readonly serverId: string
}

export interface HttpRequest {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** 0: none. */
  readonly timeoutMs: number
}

/** A configured `[[httppost]]` endpoint. */
export interface HttpEndpoint {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly basicAuth?: { readonly username: string; readonly password: string }
  readonly rowTemplate?: string
  readonly alertTemplate?: string
}

export interface HttpPort {
  /** Rejects only where no answer came at all (refused, timed out). Redirects are followed. */
  post(request: HttpRequest): Promise<{ readonly status: number; readonly body: string }>
  findEndpoint(name: string): HttpEndpoint | undefined
}

/** What the configuration lays upon every alert node of the server. */
export interface GlobalAlerts {
  /** Kinds of handlers that a node without one of the kind gets. */
  readonly kinds: readonly string[]
  /** Makes all alert nodes tell changes of their level only. */
  readonly stateChangesOnly: boolean
}

export interface AlertPort {
  /** Absent: nothing. */
  readonly globals?: GlobalAlerts
  /**
   * Hands an event over to the topics that it names. Never blocks, never throws.
   * @returns False where too many have been raised at once: it is dropped.
   */
  emit(event: AlertEvent): boolean
  /** Level and time that a topic holds for an event id; undefined where it has none. */
  findState(topic: string, eventId: string): { readonly level: Level; readonly time: Instant } | undefined
  /** Lets a topic go on from the state of another one, after what was emitted before. */
  copyState(copy: StateCopy): void
  /** Says whether the owner (an alert node's group) inhibits events of `category` with these tag values. */
  setInhibitor(owner: object, category: string, tags: Readonly<Record<string, string>>, active: boolean): void
  removeInhibitor(owner: object): void
  isInhibited(category: string, tags: Readonly<Record<string, string>>): boolean
}

/** A node that writes points back. */
export interface LoopbackSender {
  /**
   * Points of it are not written back.
   * @param kind What is the matter, in a word: one of a few.
   */
  dropped(points: number, kind: string, reason: string): void
}

export interface LoopbackPort {
  /**
   * Enters the ingest stream as if it had been written; `point.series` names database, retention policy and tags.
   * @param points All of one database and retention policy, for ever the same for a sender.
   */
  write(points: readonly Point[], sender: LoopbackSender): void
}

export interface HttpOutPort {
  /**
   * Serves an endpoint below the task's path.
   * @param body Called for each GET; compact JSON.
   * @throws where the path is taken: `http: multiple registrations for /kapacitor/v1/tasks/…`
   */
  register(path: string, body: () => string): void
  unregister(path: string): void
}

/** The configured InfluxDB clusters. */
export interface InfluxPort {
  /** @param name '': the default one. */
  findCluster(name: string): InfluxCluster | undefined
}
