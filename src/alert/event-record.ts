import type { AlertEvent } from '../model/event.ts'
import type { EventRow } from '../store/outbox.ts'
import { CollectedEvent } from './handlers/collected-event.ts'

/** What of an event has no column of its own. */
type Rest = Pick<AlertEvent, 'recoverable' | 'taskName' | 'name' | 'group' | 'category' | 'tags'> & {
  readonly fields: Readonly<Record<string, readonly [type: string, value: string | number | boolean | null]>>
  readonly path: readonly string[]
}
type Field = AlertEvent['fields'][string]

/** All of an event as plain JSON, for who keeps it elsewhere than in the tables of topics. */
export type CollectedRecord = Pick<
  EventRow,
  'topic' | 'id' | 'level' | 'previous_level' | 'message' | 'details' | 'data' | 'rest'
> & { readonly time: string; readonly duration: string }

export function recordOfCollected(collected: CollectedEvent): CollectedRecord {
  const { event, topic, previousLevel } = collected
  const { id, level, timeNs, durationNs, message, details, dataJson } = event
  return {
    ...{ topic, id, level, previous_level: previousLevel, message, details, data: dataJson },
    ...{ time: String(timeNs), duration: String(durationNs), rest: restOf(collected) }
  }
}

export function collectedOfRecord(record: CollectedRecord): CollectedEvent {
  return collectedOf({ ...record, time: BigInt(record.time), duration: BigInt(record.duration) })
}

/** JSON; ints that are no safe numbers, durations and what JSON does not know of floats are texts. */
export function restOf({ event, path }: CollectedEvent): string {
  const { recoverable, taskName, name, group, category, tags } = event
  const fields: Record<string, Rest['fields'][string]> = {}
  for (const field of Object.keys(event.fields)) {
    const { type, value } = event.fields[field]!
    const isText = typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
    fields[field] = [type, isText ? String(value) : value]
  }
  return JSON.stringify({ recoverable, taskName, name, group, category, tags, fields, path } satisfies Rest)
}

/** The event of a row, as its handlers are given it. */
export function collectedOf(row: Omit<EventRow, 'origin'>): CollectedEvent {
  const { fields, path, ...rest } = JSON.parse(row.rest) as Rest
  const { topic, id, message, details, level, time, duration, data, previous_level } = row
  const event: AlertEvent = {
    ...rest,
    ...{ topics: [topic], id, message, details, level },
    ...{ timeNs: time, durationNs: duration, dataJson: data },
    fields: Object.fromEntries(Object.entries(fields).map(([name, [type, value]]) => [name, fieldOf(type, value)]))
  }
  return new CollectedEvent(event, topic, previous_level, path)
}

function fieldOf(type: string, value: Rest['fields'][string][1]): Field {
  const given = { type, value } as Field
  if (typeof value !== 'string' || type === 'string') return given
  return { ...given, value: type === 'float' ? Number(value) : BigInt(value) }
}
