import { formatGoDuration } from '../core/duration.ts'
import { type Instant, nanosOf } from '../core/instant.ts'
import { compareBytes } from '../model/bytes.ts'
import type { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import type { FieldType, Value } from '../model/value.ts'

/** Why a point cannot be written as line protocol. */
export class Unwritable {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

export interface PointFormat {
  /** Unit of the time, which is cut off to it. */
  readonly nanosPerUnit: bigint
  /** Line protocol has no durations: they are texts as in Go, or integers of nanoseconds. */
  readonly durations: 'text' | 'int'
}

/** Points as Kapacitor writes them. */
const KAPACITOR_FORMAT: PointFormat = { nanosPerUnit: 1n, durations: 'text' }

const NO_FIELD = new Unwritable('point has no field that can be written')
const NO_NUMBER = new Unwritable('point has a field that is infinite or no number')

/** The fields of a schema in the order in which a line tells them. */
type Order = readonly { readonly index: number; readonly start: string }[]

/** What all points of a series begin with, and in what order those of a schema tell their fields. */
const keys = new WeakMap<Series, string | Unwritable>()
const orders = new WeakMap<Schema, Order | Unwritable>()

/**
 * A point as one line of line protocol without line end: tags and fields sorted. A field that is null and a tag that is
 * empty are left out.
 *
 * Differs: a point with a name or tag value that would end the line, or join with what follows (a newline, a backslash at
 * its end or before a space), with an empty name, or with a float that is infinite or no number is not written; the
 * original writes what becomes other points, or what InfluxDB refuses.
 *
 * @param series What is written in the place of the point's own.
 */
export function formatPoint(
  point: Point,
  { nanosPerUnit, durations }: PointFormat = KAPACITOR_FORMAT,
  series: Series = point.series
): string | Unwritable {
  const { schema, values, time } = point
  let order = orders.get(schema)
  if (order === undefined) orders.set(schema, (order = orderOf(schema)))
  if (order instanceof Unwritable) return order
  let fields = ''
  for (let i = 0; i < order.length; i++) {
    const { index, start } = order[i]!
    const value = values[index]!
    const type = schema.types[index]!
    if (type === 'null') continue
    if (type === 'float' && !Number.isFinite(value)) return NO_NUMBER
    const text = formatField(value, type, durations)
    fields += fields === '' ? start + text : `,${start}${text}`
  }
  if (fields === '') return NO_FIELD
  let key = keys.get(series)
  if (key === undefined) keys.set(series, (key = keyOf(series)))
  if (key instanceof Unwritable) return key
  return `${key} ${fields} ${formatTime(time, nanosPerUnit)}`
}

function formatTime(time: Instant, nanosPerUnit: bigint): string {
  // The ordinary case goes without the cost of a bigint.
  if (nanosPerUnit === 1n && time.ms > 0) return `${time.ms}${String(time.ns).padStart(6, '0')}`
  return String(nanosOf(time) / nanosPerUnit)
}

function orderOf({ names }: Schema): Order | Unwritable {
  const unsafe = names.find((name) => !isSafe(name, STOLEN_ESCAPE))
  if (unsafe !== undefined) return unwritable('field name', unsafe)
  const sorted = [...names.entries()].sort(([, a], [, b]) => compareBytes(a, b))
  return sorted.map(([index, name]) => ({ index, start: `${escapeTag(name)}=` }))
}

function keyOf({ name, tags }: Series): string | Unwritable {
  // White space before a line is no part of it, and a line that begins with # is a comment.
  if (!isSafe(name) || /^[\t\0#]/.test(name)) return unwritable('measurement', name)
  let key = name.replace(/[, ]/g, '\\$&')
  for (const [tag, value] of tags.entries()) {
    // An empty tag value cannot be written; to InfluxDB it is the same as no tag.
    if (value === '') continue
    if (!isSafe(tag)) return unwritable('tag name', tag)
    if (!isSafe(value)) return unwritable(`value of the tag ${JSON.stringify(tag)}`, value)
    key += `,${escapeTag(tag)}=${escapeTag(value)}`
  }
  return key
}

/** A backslash that takes another one for itself which was to escape a sign, as InfluxDB looks for the end of a line. */
const STOLEN_ESCAPE = /(?<!\\)\\(?:\\\\)*[,= ]/
const STOLEN_SPACE = /(?<!\\)\\(?:\\\\)* /

/**
 * Whether a name, once escaped, ends where it ends, and the line does: line protocol has no escape for a newline, nor
 * for a backslash.
 */
function isSafe(name: string, stolen = STOLEN_SPACE): boolean {
  return name !== '' && !name.includes('\n') && !(name.includes('\\') && (name.endsWith('\\') || stolen.test(name)))
}

/** So many characters of a name are told. */
const MAX_NAME_CHARS = 100

function unwritable(what: string, name: string): Unwritable {
  const told = JSON.stringify(name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}…` : name)
  return new Unwritable(`${what} cannot be written as line protocol: ${told}`)
}

function formatField(value: Value, type: FieldType, durations: PointFormat['durations']): string {
  switch (type) {
    case 'duration':
      if (durations === 'text') return `"${formatGoDuration(value as bigint)}"`
      return `${String(value)}i`
    case 'int':
      return `${String(value)}i`
    case 'string':
      return `"${(value as string).replace(/["\\]/g, '\\$&')}"`
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

function escapeTag(text: string): string {
  return text.replace(/[,= ]/g, '\\$&')
}
