import type { FieldType, Value } from './value.ts'

/** Levels in ascending order; the number is what counts, the name is what people see. */
export const LEVELS = ['OK', 'INFO', 'WARNING', 'CRITICAL'] as const
export type LevelName = (typeof LEVELS)[number]
/** 0 OK, 1 INFO, 2 WARNING, 3 CRITICAL. */
export type Level = 0 | 1 | 2 | 3

/** A topic takes over the state that another one has of an event id; nobody is told of it. Plain data, like an event. */
export interface StateCopy {
  readonly eventId: string
  readonly from: string
  readonly to: string
}

/**
 * What an alert node tells the alert service. Plain data: it crosses from a shard to the main thread by structured
 * clone, so times and durations are bigint nanoseconds and the data is JSON text already.
 */
export interface AlertEvent {
  /** Topics that collect it, in order: the node's anonymous one (where it has handlers), then the named one. */
  readonly topics: readonly string[]
  readonly id: string
  readonly message: string
  readonly details: string
  /** Unix nanoseconds. */
  readonly timeNs: bigint
  readonly durationNs: bigint
  readonly level: Level
  /** False with `.noRecoveries()`. */
  readonly recoverable: boolean
  /** `{"series":[…]}` of the point or batch, as in `model/row.ts`. */
  readonly dataJson: string
  readonly taskName: string
  /** Measurement. */
  readonly name: string
  /** Group id; '' where not grouped. */
  readonly group: string
  readonly category: string
  readonly tags: Readonly<Record<string, string>>
  /** Fields of the point that decided the level. */
  readonly fields: Readonly<Record<string, { readonly type: FieldType; readonly value: Value }>>
}

/** An event that says nothing, for those that no alert node raised: what is known of one is laid over it. */
export const BLANK_EVENT: AlertEvent = {
  topics: [],
  id: '',
  message: '',
  details: '',
  timeNs: 0n,
  durationNs: 0n,
  level: 0,
  recoverable: false,
  dataJson: '{"series":null}',
  taskName: '',
  name: '',
  group: '',
  category: '',
  tags: {},
  fields: {}
}
