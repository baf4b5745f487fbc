import type { Instant } from '../core/instant.ts'
import type { LogLevel } from '../core/log-level.ts'
import type { HttpEndpoint, ServerInfo } from '../graph/ports.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { DeadmanDefaults } from '../graph/link.ts'
import type { LineLimits } from '../lineproto/careful.ts'
import type { FieldDemand } from '../model/demand.ts'
import type { AlertEvent } from '../model/event.ts'
import type { Staged } from '../model/staged.ts'

/** What a shard is told when it starts. Plain data: it crosses to the thread. */
export interface EngineSettings {
  readonly deadman: DeadmanDefaults
  /** Those of httppost, by name. */
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
}

/** Numbers of a shard for `/metrics`. */
export interface EngineGauges {
  readonly tasks: number
  readonly series: number
  /** Lines that were refused since they hold more than one line may, since the shard started. */
  readonly linesOverLimit: number
}

export type HttpEndpoints = ReadonlyMap<string, HttpEndpoint>

/** What the engine asks of the thread that it lives in. */
export interface EngineHost {
  now(): Instant
  log(level: LogLevel, message: string, details: Readonly<Record<string, unknown>>): void
  /** Events of one turn, in order. */
  events(events: readonly AlertEvent[]): void
  /** Events of a lane of a replay, in order. */
  replayEvents(lane: string, events: readonly AlertEvent[]): void
  /** Points of loopback nodes, as line protocol; resolves when they have been taken in. */
  loopback(db: string, rp: string, lines: string): Promise<void>
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
  /** Fields of a measurement that it reads; undefined where it does not read the measurement. */
  demand(measurement: string): FieldDemand | undefined
  /** Whether it reads a body after the writer has its answer, which then does not wait for it. */
  readonly isDeferred: boolean
  /** @param now When the points came in. */
  read(staged: Staged, now: Instant): void
  /** Work that it has not finished; writers wait for it where it is too much. */
  readonly pending: number
  whenDrained(): Promise<void>
}
