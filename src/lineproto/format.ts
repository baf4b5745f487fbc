import { type Instant, nanosOf } from '../core/instant.ts'
import { compareBytes } from '../model/bytes.ts'
import type { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import type { FieldType, Value } from '../model/value.ts'

/** What all points of a series begin with, and in what order those of a schema tell their fields. */
const keys = new WeakMap<Series, string>()
const orders = new WeakMap<Schema, readonly { readonly index: number; readonly start: string }[]>()

/**
 * A point as one line of line protocol without line end: tags and fields sorted.
 * @param nanosPerUnit Unit of the time, which is cut off to it.
 * @param series What is written in the place of the point's own.
 * @returns undefined for a point that has no field the protocol can carry (null and the infinities are left out).
 */
export function formatPoint(point: Point, nanosPerUnit = 1n, series: Series = point.series): string | undefined {
  const { schema, values, time } = point
  let order = orders.get(schema)
  if (order === undefined) orders.set(schema, (order = orderOf(schema)))
  let fields = ''
  for (let i = 0; i < order.length; i++) {
    const { index, start } = order[i]!
    const text = formatField(values[index]!, schema.types[index]!)
    if (text !== undefined) fields += fields === '' ? start + text : `,${start}${text}`
  }
  if (fields === '') return undefined
  let key = keys.get(series)
  if (key === undefined) keys.set(series, (key = keyOf(series)))
  return `${key} ${fields} ${formatTime(time, nanosPerUnit)}`
}

function formatTime(time: Instant, nanosPerUnit: bigint): string {
  // Without the cost of a bigint, in the ordinary case.
  if (nanosPerUnit === 1n && time.ms > 0) return `${time.ms}${String(time.ns).padStart(6, '0')}`
  return String(nanosOf(time) / nanosPerUnit)
}

function orderOf({ names }: Schema): readonly { readonly index: number; readonly start: string }[] {
  const sorted = [...names.entries()].sort(([, a], [, b]) => compareBytes(a, b))
  return sorted.map(([index, name]) => ({ index, start: `${escapeTag(name)}=` }))
}

function keyOf({ name, tags }: Series): string {
  let key = name.replace(/[, ]/g, '\\$&')
  // An empty tag value cannot be written; to InfluxDB it is the same as no tag.
  for (const [tag, value] of tags.entries()) {
    if (value !== '') key += `,${escapeTag(tag)}=${escapeTag(value)}`
  }
  return key
}

function formatField(value: Value, type: FieldType): string | undefined {
  switch (type) {
    case 'float':
      if (!Number.isFinite(value)) return undefined
      return Object.is(value, -0) ? '-0' : String(value)
    case 'int':
    case 'duration':
      return `${String(value)}i`
    case 'boolean':
      return String(value)
    case 'string':
      return `"${(value as string).replace(/["\\]/g, '\\$&')}"`
    case 'null':
      return undefined
  }
}

function escapeTag(text: string): string {
  return text.replace(/[,= ]/g, '\\$&')
}
