import type { Instant } from '../core/instant.ts'
import type { LogLevel } from '../core/log-level.ts'
import type { LogFields } from '../core/logger.ts'
import type { HttpEndpoint, ServerInfo } from '../graph/ports.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { DeadmanDefaults } from '../graph/link.ts'
import type { LineLimits } from '../lineproto/strict-parser.ts'
import type { RequiredFields } from '../model/required-fields.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import type { LoopedFate, LoopedLines } from '../model/looped.ts'
import type { PointColumns } from '../model/point-columns.ts'

/** What a shard is told when it starts. Plain data: it crosses to the thread. */
export interface EngineSettings {
  readonly deadman: DeadmanDefaults
  /** Endpoints of httppost, by name. */
  readonly endpoints: HttpEndpoints
  readonly influxdb: readonly ClusterSettings[]
  /** Networks that requests of nodes do not go to, as in `10.0.0.0/8`. */
  readonly blockedNetworks: readonly string[]
  /** Zone of cron schedules; '' is that of the machine. */
  readonly timeZone: string
  readonly server: ServerInfo
  /** Series that each database and retention policy remembers. */
  readonly maxSeries: number
  /** Memory that those may take, nearly. */
  readonly maxSeriesBytes: number
  readonly lineLimits: LineLimits
  /** Unfinished work (requests under way) of a task at which its writers wait. */
  readonly maxPending: number
  /** How long nodes may make more than they were given, out of one body; see `Effort`. */
  readonly maxEffortMs: number
  readonly loopback: LoopbackLimits
}

/** How much loopback nodes may write. */
export interface LoopbackLimits {
  /** How many times tasks may write a point back. */
  readonly maxHops: number
  /** What a shard may have under way. */
  readonly maxBytes: number
}

/** Numbers of a shard for `/metrics`. */
export interface EngineGauges {
  readonly tasks: number
  readonly series: number
  /** Lines that were refused since they hold more than one line may, since the shard started. */
  readonly linesOverLimit: number
  /** What loopback nodes have written and others have still to read. */
  readonly loopbackBytes: number
  /** Points of loopback nodes that were dropped since the shard started. */
  readonly loopbackDropped: number
  /** JavaScript memory of the thread: what is in use, what is held for that, and what lies outside of it (buffers). */
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly externalBytes: number
}

export type HttpEndpoints = ReadonlyMap<string, HttpEndpoint>

/** What the engine asks of the thread that it lives in. */
export interface EngineHost {
  now(): Instant
  log(level: LogLevel, message: string, details: LogFields): void
  /** Events of one turn, in order. */
  events(events: readonly AlertEvent[]): void
  /** A topic takes over a state, after the events before. */
  stateCopied(copy: StateCopy): void
  /** Events of a task of a replay, in order. */
  replayEvents(replayTask: string, events: readonly AlertEvent[]): void
  /** A topic of a task of a replay takes over a state, after the events before. */
  replayStateCopied(replayTask: string, copy: StateCopy): void
  /** Hands over points of loopback nodes, and tells what becomes of them. */
  loopback(looped: LoopedLines, fate: LoopedFate): void
  /** A task has ended by itself. */
  failed(taskId: string, message: string): void
  /** An inhibitor of this shard came or went; other shards are told. */
  inhibitor(change: InhibitorChange): void
}

export interface InhibitorChange {
  /** One text a live inhibitor, over all shards. */
  readonly key: string
  readonly category: string
  readonly tags: Readonly<Record<string, string>>
  readonly isActive: boolean
}

/** Whoever reads what is written to a database and retention policy. */
export interface StreamReader {
  /** Number under which the thread's activity tells of it; see `Activity`. */
  readonly owner: number
  /** Measurements that it may read, '' standing for all of them. */
  readonly measurements: ReadonlySet<string>
  /** Fields of a measurement that it reads; undefined where it does not read the measurement. */
  requiredFields(measurement: string): RequiredFields | undefined
  /** Whether the reader reads a body after the writer has its answer, which then does not wait for it. */
  readonly isDeferred: boolean
  /**
   * @param now When the points came in.
   * @param hop How many times tasks have written them back; 0 for those from outside.
   */
  read(columns: PointColumns, now: Instant, hop: number): void
  /**
   * Work that it has not finished and that the writer of points of this hop waits for, where it is too much. Points that
   * it wrote back count for writers of lower hops alone, so that loops of tasks never wait for themselves.
   */
  pendingFor(hop: number): number
  /** Resolves when none of that is left. */
  whenDrainedFor(hop: number): Promise<void>
}
