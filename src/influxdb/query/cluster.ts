import type { Instant } from '../../core/instant.ts'

/** A cluster as those see it who ask it. What fails rejects with INFLUXDB_AWAY or INFLUXDB_REFUSED. */
export interface InfluxCluster {
  /** Runs statements of InfluxQL. Rejects where one of them fails. */
  query(text: string, signal?: AbortSignal): Promise<readonly InfluxResult[]>
  /** Runs a script of Flux. @returns Annotated CSV. */
  flux(request: FluxRequest, signal?: AbortSignal): Promise<string>
  /** Resolves when the points are stored. @param lines Line protocol. */
  write(place: WritePlace, lines: string): Promise<void>
}

/** The result of one statement, as InfluxDB's JSON has it. */
export interface InfluxResult {
  readonly series?: readonly InfluxSeries[]
}

export interface InfluxSeries {
  readonly name?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values?: readonly (readonly unknown[])[]
}

export interface FluxRequest {
  readonly script: string
  /** What `now()` is. */
  readonly now: Instant
  readonly org: string
  readonly orgId: string
}

export interface WritePlace {
  readonly database: string
  readonly retentionPolicy: string
  /** Unit of the times, by InfluxDB's name for it. */
  readonly precision: string
  readonly consistency: string
}
