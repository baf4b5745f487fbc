import type { Instant } from '../core/instant.ts'
import type { Schema } from './schema.ts'
import type { Series } from './series.ts'
import type { Value } from './value.ts'

/**
 * The points of one body, in the order of its lines, as columns. A body is all or nothing, so its points wait here
 * until the last line has been read. Used again for the next body.
 */
export class PointColumns {
  length = 0
  readonly series: Series[] = []
  readonly times: Instant[] = []
  readonly schemas: Schema[] = []
  readonly values: (readonly Value[])[] = []

  push(series: Series, time: Instant, schema: Schema, values: readonly Value[]): void {
    const at = this.length++
    this.series[at] = series
    this.times[at] = time
    this.schemas[at] = schema
    this.values[at] = values
  }

  /** Lets go of the points; keeps room for as many as an ordinary body has. */
  clear(): void {
    const keep = Math.min(this.series.length, 16_384)
    this.series.length = keep
    this.times.length = keep
    this.schemas.length = keep
    this.values.length = keep
    this.length = 0
  }
}
