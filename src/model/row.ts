import { compareBytes } from './bytes.ts'
import { formatInstant } from '../core/instant.ts'
import type { Batch } from './batch.ts'
import type { Point } from './point.ts'
import type { Tags } from './series.ts'
import type { FieldType, Value } from './value.ts'

/** One row of an InfluxDB-style result: what httpOut serves, httpPost sends and an alert carries as its data. */
export interface Row {
  readonly name: string
  readonly tags: Tags
  /** `time` first, then the others sorted. Empty for an empty batch. */
  readonly columns: readonly string[]
  readonly values: readonly (readonly Cell[])[]
}

export interface Cell {
  readonly type: FieldType | 'time'
  readonly value: Value
}

const NULL_CELL: Cell = { type: 'null', value: null }

/** The row of a stream point: all of its tags, its fields sorted. */
export function rowOfPoint(point: Point): Row {
  const names = [...point.schema.names].sort(compareBytes)
  return {
    name: point.name,
    tags: point.series.tags,
    columns: ['time', ...names],
    values: [[timeCell(point), ...names.map((name) => fieldCell(point, name) ?? NULL_CELL)]]
  }
}

/**
 * The row of a batch. Columns are those of its first point: fields and the tags that are not the group's, as in
 * Kapacitor; what only later points have is not shown.
 */
export function rowOfBatch(batch: Batch): Row {
  const first = batch.points[0]
  if (first === undefined) return { name: batch.name, tags: batch.group.tags, columns: [], values: [] }
  const tagNames = first.series.tags.keys.names.filter((name) => !batch.group.tags.has(name))
  const names = [...new Set([...first.schema.names, ...tagNames])].sort(compareBytes)
  return {
    name: batch.name,
    tags: batch.group.tags,
    columns: ['time', ...names],
    values: batch.points.map((point) => [
      timeCell(point),
      ...names.map((name) => fieldCell(point, name) ?? tagCell(point, name) ?? NULL_CELL)
    ])
  }
}

/** Compact JSON of `{"series":[…]}` as Go prints it; `null` stands for no rows at all. */
export function resultJson(rows: readonly Row[] | null): string {
  return rows === null ? '{"series":null}' : `{"series":[${rows.map(rowJson).join(',')}]}`
}

export function rowJson(row: Row): string {
  const parts: string[] = []
  if (row.name !== '') parts.push(`"name":${jsonString(row.name)}`)
  if (row.tags.size > 0) {
    const tags = [...row.tags.entries()].map(([name, value]) => `${jsonString(name)}:${jsonString(value)}`)
    parts.push(`"tags":{${tags.join(',')}}`)
  }
  if (row.columns.length > 0) parts.push(`"columns":[${row.columns.map(jsonString).join(',')}]`)
  if (row.values.length > 0) {
    parts.push(`"values":[${row.values.map((cells) => `[${cells.map(cellJson).join(',')}]`).join(',')}]`)
  }
  return `{${parts.join(',')}}`
}

/** JSON of a value. Differs: NaN and the infinities are null, where Kapacitor fails the whole answer. */
export function cellJson({ type, value }: Cell): string {
  if (typeof value === 'string') return jsonString(value)
  if (type === 'float' && !Number.isFinite(value)) return 'null'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Printable ASCII of which JSON, as Go writes it, escapes nothing. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/
const ESCAPED = /[<>&\u2028\u2029]/

/**
 * A JSON string with `<`, `>`, `&` and the line separators escaped, as Go's encoder does; a byte of a cut character is
 * U+FFFD.
 */
export function jsonString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  const json = withoutSurrogates(JSON.stringify(text))
  if (!ESCAPED.test(json)) return json
  return json
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

/** JSON whose lone surrogates are U+FFFD; an escaped backslash may stand before what looks like one. */
function withoutSurrogates(json: string): string {
  if (!json.includes('\\ud')) return json
  return json.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found.length === 2 ? found : '\\ufffd'))
}

function timeCell(point: Point): Cell {
  return { type: 'time', value: formatInstant(point.time) }
}

function fieldCell(point: Point, name: string): Cell | undefined {
  const index = point.schema.indexOf(name)
  return index < 0 ? undefined : { type: point.schema.types[index]!, value: point.values[index]! }
}

function tagCell(point: Point, name: string): Cell | undefined {
  const value = point.series.tags.get(name)
  return value === undefined ? undefined : { type: 'string', value }
}
