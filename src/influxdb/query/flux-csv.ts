import { type Instant, isBefore, parseInstant } from '../../core/instant.ts'
import { Batch } from '../../model/batch.ts'
import { dimensionsOf, type GroupRegistry } from '../../model/group.ts'
import { FieldsBuilder, Point } from '../../model/point.ts'
import { Series, Tags } from '../../model/series.ts'
import { type FieldType, intOf, type Value } from '../../model/value.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly isGroup: boolean
  readonly fallback: string
}

/** Columns before those of the data: the annotation, the name of the result, the number of the table. */
const LEADING = 3
const DROPPED: ReadonlySet<string> = new Set(['_start', '_stop', '_measurement', '_time'])

/**
 * Batches of an answer to a script of Flux, one a table.
 * @param due End of a batch without points, and the time of rows that have none.
 * @throws Error where the answer tells of a failure, or cannot be understood.
 */
export function fluxBatches(csv: string, groups: GroupRegistry, due: Instant): Batch[] {
  const reader = new TableReader(groups, due)
  for (const record of recordsOf(csv)) reader.take(record)
  return reader.finish()
}

class TableReader {
  readonly #groups: GroupRegistry
  readonly #due: Instant
  readonly #batches: Batch[] = []
  #annotations = new Map<string, readonly string[]>()
  #columns: readonly Column[] | undefined
  #table: string | undefined
  #rows: (readonly string[])[] = []

  constructor(groups: GroupRegistry, due: Instant) {
    this.#groups = groups
    this.#due = due
  }

  take(record: readonly string[]): void {
    const [annotation = ''] = record
    if (record.length === 1 && annotation === '') return this.#endBlock()
    if (annotation.startsWith('#')) {
      if (this.#columns !== undefined) this.#endBlock()
      this.#annotations.set(annotation, record)
    } else if (this.#columns === undefined) this.#columns = this.#columnsOf(record)
    else this.#takeRow(record)
  }

  finish(): Batch[] {
    this.#endBlock()
    return this.#batches
  }

  #columnsOf(names: readonly string[]): readonly Column[] {
    const types = this.#annotations.get('#datatype') ?? []
    const groups = this.#annotations.get('#group') ?? []
    const fallbacks = this.#annotations.get('#default') ?? []
    return names.map((name, i) => ({
      name,
      type: types[i] ?? 'string',
      isGroup: groups[i] === 'true',
      fallback: fallbacks[i] ?? ''
    }))
  }

  #takeRow(record: readonly string[]): void {
    const columns = this.#columns!
    if (columns[1]?.name === 'error') throw new Error(`flux query error: ${record[1] ?? ''}`)
    const table = record[2] || columns[2]?.fallback || ''
    if (table !== this.#table) this.#endTable()
    this.#table = table
    this.#rows.push(record)
  }

  #endBlock(): void {
    this.#endTable()
    this.#columns = undefined
    this.#annotations = new Map()
  }

  #endTable(): void {
    const [first] = this.#rows
    if (first === undefined) return
    const columns = this.#columns!
    const cell = (record: readonly string[], i: number): string => record[i] || columns[i]!.fallback
    const indexes = [...columns.keys()].slice(LEADING)
    const tags = indexes.filter((i) => columns[i]!.isGroup && !DROPPED.has(columns[i]!.name))
    const fields = indexes.filter((i) => !columns[i]!.isGroup && !DROPPED.has(columns[i]!.name))
    const nameIndex = columns.findIndex(({ name }) => name === '_measurement')
    const timeIndex = columns.findIndex(({ name }) => name === '_time')

    const name = nameIndex < 0 ? '' : cell(first, nameIndex)
    const series = new Series('', '', name, Tags.of(tags.map((i) => [columns[i]!.name, cell(first, i)])))
    const group = this.#groups.get(name, series.tags, dimensionsOf(false, series.tags.keys.names))
    const points: Point[] = []
    const builder = new FieldsBuilder()
    let last: Instant | undefined
    for (const record of this.#rows) {
      const time = timeIndex < 0 ? this.#due : timeOf(cell(record, timeIndex))
      for (const i of fields) {
        const field = fieldOf(cell(record, i), columns[i]!)
        if (field !== undefined) builder.set(columns[i]!.name, field.type, field.value)
      }
      const { schema, values } = builder.take()
      if (values.length === 0) continue
      points.push(new Point(series, group, time, schema, values))
      if (last === undefined || isBefore(last, time)) last = time
    }
    this.#batches.push(new Batch(name, group, last ?? this.#due, points))
    this.#rows = []
  }
}

/** undefined: no value. */
function fieldOf(
  text: string,
  { name, type }: Column
): { readonly type: FieldType; readonly value: Value } | undefined {
  if (text === '' && type !== 'string') return undefined
  switch (type) {
    case 'string':
    case 'dateTime:RFC3339':
    case 'dateTime:RFC3339Nano':
    case 'duration':
    case 'base64Binary':
      return { type: 'string', value: text }
    case 'double':
      return { type: 'float', value: Number(text.replace('Inf', 'Infinity')) }
    case 'long':
    case 'unsignedLong':
      if (!/^-?\d+$/.test(text)) throw new Error(`flux column ${name} has a value that is no integer: ${text}`)
      return { type: 'int', value: intOf(BigInt(text)) }
    case 'boolean':
      return { type: 'boolean', value: text !== 'false' }
    default:
      throw new Error(`flux column ${name} has unknown type ${type}`)
  }
}

function timeOf(text: string): Instant {
  const time = parseInstant(text)
  if (time === undefined) throw new Error(`unexpected time value: ${text}`)
  return time
}

/** Records of CSV as RFC 4180 has it. A line with nothing on it is one empty text. */
function* recordsOf(csv: string): Generator<readonly string[]> {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  let record: string[] = []
  while (field.lastIndex < csv.length) {
    const match = field.exec(csv)
    if (match === null) throw new Error('flux answer is no CSV')
    const [, quoted, plain = '', end] = match
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') {
      if (field.lastIndex === csv.length) record.push('')
      else continue
    }
    yield record
    record = []
  }
}
