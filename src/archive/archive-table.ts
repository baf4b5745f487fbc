import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk, listValue } from '@duckdb/node-api'
import type { FieldType } from '../model/value.ts'
import { TWO_32 } from './int64.ts'
import { FIXED_COLUMNS, Names, sqlName, sqlTypeOf } from './layout.ts'
import type { ArchiveDefinition, TableChunk } from './record-batch.ts'
import { createChunk, setText, setValidity, setVector, VECTOR_ROWS, type VectorType } from './vectors.ts'

type DefinitionOf<K extends ArchiveDefinition['kind']> = Extract<ArchiveDefinition, { readonly kind: K }>

const FIXED_TYPES: readonly VectorType[] = ['int', 'int', 'small']
const BYTES: Readonly<Partial<Record<FieldType, number>>> = { float: 8, int: 8, boolean: 1 }

/** One measurement of an archive that is being written: its tables of points and of series, and the view of both. */
export class ArchiveTable {
  readonly #connection: DuckDBConnection
  readonly #id: number
  readonly #name: string
  readonly #columnNames = new Names(FIXED_COLUMNS)
  readonly #tags = new Map<string, string>()
  /** `at`: place among the columns of the table. */
  readonly #fields: { readonly column: string; readonly type: FieldType; readonly at: number }[] = []
  readonly #types: VectorType[] = [...FIXED_TYPES]
  /** Which columns each shape has, by the number of the shape. */
  readonly #shapes: (readonly boolean[])[] = []
  /** How many shapes have each field, by the number of the field. */
  readonly #shapesWith: number[] = []
  /** Place of the column that says which shape a row has, where there is more than one. */
  #shapeAt: number | undefined
  #points: DuckDBAppender | undefined
  #series: DuckDBAppender | undefined
  #isViewStale = true

  private constructor(connection: DuckDBConnection, id: number, name: string) {
    this.#connection = connection
    this.#id = id
    this.#name = name
  }

  static async create(connection: DuckDBConnection, id: number, name: string): Promise<ArchiveTable> {
    const table = sqlName(name)
    await connection.run(
      `CREATE TABLE points.${table} (sequence BIGINT, "time" BIGINT, series INTEGER);
       CREATE TABLE series.${table} (series INTEGER)`
    )
    return new ArchiveTable(connection, id, name)
  }

  async addField({ column: id, name, type }: DefinitionOf<'field'>): Promise<void> {
    const column = this.#columnNames.take(name, `${name}_${type}`)
    this.#closePoints()
    await this.#connection.run(
      `ALTER TABLE points.${sqlName(this.#name)} ADD COLUMN ${sqlName(column)} ${sqlTypeOf(type)}`
    )
    await this.#connection.run('INSERT INTO kapok.fields VALUES ($1, $2, $3, $4, $5)', [
      this.#id,
      id,
      column,
      name,
      type
    ])
    this.#fields[id] = { column, type, at: this.#types.length }
    this.#types.push(type)
    this.#isViewStale = true
  }

  async addShape({ shape, columns }: DefinitionOf<'shape'>): Promise<void> {
    const fields = listValue([...columns])
    await this.#connection.run('INSERT INTO kapok.shapes VALUES ($1, $2, $3::INTEGER[])', [this.#id, shape, fields])
    const has: boolean[] = []
    for (const column of columns) {
      has[column] = true
      this.#shapesWith[column] = (this.#shapesWith[column] ?? 0) + 1
    }
    this.#shapes[shape] = has
    if (this.#shapes.length === 2) await this.#addShapes()
  }

  async addSeries({ series, tags }: DefinitionOf<'series'>): Promise<void> {
    for (const [name] of tags) if (!this.#tags.has(name)) await this.#addTag(name)
    const appender = (this.#series ??= await this.#connection.createAppender(this.#name, 'series'))
    const values = new Map(tags)
    appender.appendInteger(series)
    for (const name of this.#tags.keys()) {
      const value = values.get(name)
      if (value === undefined) appender.appendNull()
      else appender.appendVarchar(value)
    }
    appender.endRow()
  }

  async append(chunk: TableChunk): Promise<void> {
    this.#points ??= await this.#connection.createAppender(this.#name, 'points')
    const texts = chunk.columns.map(() => 0)
    const sequences = sequencesOf(chunk)
    for (let row = 0; row < chunk.rows; row += VECTOR_ROWS) {
      const part = this.#partOf(chunk, sequences, row, Math.min(VECTOR_ROWS, chunk.rows - row), texts)
      this.#points.appendDataChunk(part)
    }
  }

  /** Writes what appenders still hold; called before a transaction ends. */
  async flush(): Promise<void> {
    this.#points?.flushSync()
    this.#series?.flushSync()
    if (this.#isViewStale) await this.#makeView()
    this.#isViewStale = false
  }

  /** @param texts Of each column of strings: how many have been used. Moved on. */
  #partOf(chunk: TableChunk, sequences: Int32Array, row: number, rows: number, texts: number[]): DuckDBDataChunk {
    const part = createChunk(this.#types, rows)
    setVector(part, 0, sequences, row, rows, 8)
    setVector(part, 1, chunk.times, row, rows, 8)
    setVector(part, 2, chunk.series, row, rows, 4)
    if (this.#shapeAt !== undefined) setVector(part, this.#shapeAt, chunk.shapes, row, rows, 4)
    for (const [id, { type, at: column }] of this.#fields.entries()) {
      const data = chunk.columns[id]
      const valid = data === undefined ? new Uint8Array(256) : this.#validityOf(chunk, id, row, rows)
      if (valid !== undefined) setValidity(part, column, valid)
      if (data === undefined) continue
      if (ArrayBuffer.isView(data)) setVector(part, column, data, row, rows, BYTES[type]!)
      else {
        for (let i = 0; i < rows; i++) {
          if (this.#shapes[chunk.shapes[row + i]!]![id] === true) setText(part, column, i, data[texts[id]!++]!)
        }
      }
    }
    return new DuckDBDataChunk(part)
  }

  /** Which rows have the field; undefined where all have. */
  #validityOf({ shapes }: TableChunk, field: number, row: number, rows: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#shapesWith[field] === this.#shapes.length) return undefined
    let valid: Uint8Array<ArrayBuffer> | undefined
    for (let i = 0; i < rows; i++) {
      if (this.#shapes[shapes[row + i]!]![field] === true) continue
      valid ??= new Uint8Array(VECTOR_ROWS / 8).fill(255)
      valid[i >> 3]! &= ~(1 << (i & 7))
    }
    return valid
  }

  async #addShapes(): Promise<void> {
    this.#closePoints()
    await this.#connection.run(`ALTER TABLE points.${sqlName(this.#name)} ADD COLUMN shape INTEGER DEFAULT 0`)
    this.#shapeAt = this.#types.length
    this.#types.push('small')
  }

  async #addTag(name: string): Promise<void> {
    const column = this.#columnNames.take(name, `${name}_tag`)
    this.#series?.closeSync()
    this.#series = undefined
    await this.#connection.run(`ALTER TABLE series.${sqlName(this.#name)} ADD COLUMN ${sqlName(column)} VARCHAR`)
    await this.#connection.run('INSERT INTO kapok.tags VALUES ($1, $2, $3)', [this.#id, column, name])
    this.#tags.set(name, column)
    this.#isViewStale = true
  }

  #closePoints(): void {
    this.#points?.closeSync()
    this.#points = undefined
  }

  async #makeView(): Promise<void> {
    const tags = [...this.#tags.values()].map((column) => `s.${sqlName(column)}`)
    // NaN stands for -0 in the table.
    const fields = this.#fields.map(({ column, type }) => {
      const value = `p.${sqlName(column)}`
      return type === 'float' ? `if(isnan(${value}), -0.0::DOUBLE, ${value}) AS ${sqlName(column)}` : value
    })
    const table = sqlName(this.#name)
    await this.#connection.run(
      `CREATE OR REPLACE VIEW ${table} AS
       SELECT ${['make_timestamp_ns(p."time") AS "time"', ...tags, ...fields].join(', ')}
       FROM points.${table} p JOIN series.${table} s USING (series)`
    )
  }
}

/** The sequence number of each row, in words. */
function sequencesOf({ rows, runs }: TableChunk): Int32Array {
  const sequences = new Int32Array(2 * rows)
  let at = 0
  for (let run = 0; run < runs.length; run += 2) {
    const first = runs[run]!
    const end = first + runs[run + 1]!
    for (let sequence = first; sequence < end; sequence++, at++) {
      sequences[2 * at] = sequence
      sequences[2 * at + 1] = sequence / TWO_32
    }
  }
  return sequences
}
