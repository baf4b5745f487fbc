import type { AlertEvent } from '../model/event.ts'
import type { EventRow } from '../store/outbox.ts'
import { TopicEvent } from './handlers/topic-event.ts'

/** What of an event has no column of its own. */
type Rest = Pick<AlertEvent, 'recoverable' | 'taskName' | 'name' | 'group' | 'category' | 'tags'> & {
  readonly fields: Readonly<Record<string, readonly [type: string, value: string | number | boolean | null]>>
  readonly path: readonly string[]
}
type Field = AlertEvent['fields'][string]

/** All of an event as plain JSON, for who keeps it elsewhere than in the tables of topics. */
export type TopicEventRecord = Pick<
  EventRow,
  'topic' | 'id' | 'level' | 'previous_level' | 'message' | 'details' | 'data' | 'rest'
> & { readonly time: string; readonly duration: string }

export function recordOfTopicEvent(topicEvent: TopicEvent): TopicEventRecord {
  const { event, topic, previousLevel } = topicEvent
  const { id, level, timeNs, durationNs, message, details, dataJson } = event
  return {
    ...{ topic, id, level, previous_level: previousLevel, message, details, data: dataJson },
    ...{ time: String(timeNs), duration: String(durationNs), rest: restOf(topicEvent) }
  }
}

export function topicEventOfRecord(record: TopicEventRecord): TopicEvent {
  return topicEventOf({ ...record, time: BigInt(record.time), duration: BigInt(record.duration) })
}

/** JSON; ints that are no safe numbers, durations and what JSON does not know of floats are texts. */
export function restOf({ event, path }: TopicEvent): string {
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
export function topicEventOf(row: Omit<EventRow, 'origin'>): TopicEvent {
  const { fields, path, ...rest } = JSON.parse(row.rest) as Rest
  const { topic, id, message, details, level, time, duration, data, previous_level } = row
  const event: AlertEvent = {
    ...rest,
    ...{ topics: [topic], id, message, details, level },
    ...{ timeNs: time, durationNs: duration, dataJson: data },
    fields: Object.fromEntries(Object.entries(fields).map(([name, [type, value]]) => [name, fieldOf(type, value)]))
  }
  return new TopicEvent(event, topic, previous_level, path)
}

function fieldOf(type: string, value: Rest['fields'][string][1]): Field {
  const given = { type, value } as Field
  if (typeof value !== 'string' || type === 'string') return given
  return { ...given, value: type === 'float' ? Number(value) : BigInt(value) }
}
