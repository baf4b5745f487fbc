import type { Instant } from '../../core/instant.ts'
import type { Level } from '../../model/event.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'

/** What an event is about, as far as its id may tell. */
export interface Subject {
  /** Measurement. */
  readonly name: string
  readonly group: Group
  readonly tags: Readonly<Record<string, string>>
}

export interface Occurrence extends Subject {
  readonly id: string
  readonly level: Level
  readonly time: Instant
  readonly durationNs: bigint
  /** The point that decided the level. */
  readonly point: Point
}
