import { nanosOf } from '../core/instant.ts'
import { compareBytes } from '../model/bytes.ts'
import type { Point } from '../model/point.ts'
import type { FieldType, Value } from '../model/value.ts'

/**
 * A point as one line of line protocol without line end: tags and fields sorted, time in nanoseconds.
 * @returns undefined for a point that has no field the protocol can carry (null and the infinities are left out).
 */
export function formatPoint(point: Point): string | undefined {
  const { names, types } = point.schema
  const fields: string[] = []
  for (const [index, name] of [...names.entries()].sort(([, a], [, b]) => compareBytes(a, b))) {
    const text = formatField(point.values[index]!, types[index]!)
    if (text !== undefined) fields.push(`${escapeTag(name)}=${text}`)
  }
  if (fields.length === 0) return undefined
  let key = point.name.replace(/[, ]/g, '\\$&')
  // An empty tag value cannot be written; to InfluxDB it is the same as no tag.
  for (const [name, value] of point.series.tags.entries()) {
    if (value !== '') key += `,${escapeTag(name)}=${escapeTag(value)}`
  }
  return `${key} ${fields.join(',')} ${nanosOf(point.time)}`
}

function formatField(value: Value, type: FieldType): string | undefined {
  switch (type) {
    case 'float':
      return Number.isFinite(value) ? String(value) : undefined
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
