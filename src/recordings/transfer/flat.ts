import type { FieldType } from '../../model/value.ts'
import { Names, sqlName, sqlText, sqlTypeOf } from '../../archive/layout.ts'
import type { TableInfo } from '../../archive/tables.ts'

/** A column of a file that holds points of any measurements, one a row. */
export interface FlatColumn {
  readonly column: string
  readonly kind: 'tag' | 'field'
  readonly name: string
  /** 'string' for tags. */
  readonly type: FieldType
}

/** First columns of such a file. */
export const PLACE_COLUMNS = ['db', 'rp', 'measurement', 'time'] as const
/** Key under which a Parquet file says what its columns are. */
export const METADATA_KEY = 'kapok_columns'

/** The tags and fields of some tables: those of one name and type share a column. */
export function flatColumnsOf(tables: readonly TableInfo[]): FlatColumn[] {
  const names = new Names(PLACE_COLUMNS)
  const columns = new Map<string, FlatColumn>()
  const add = (kind: FlatColumn['kind'], name: string, type: FieldType, another: string): void => {
    const key = `${kind} ${type} ${name}`
    if (!columns.has(key)) columns.set(key, { column: names.take(name, another), kind, name, type })
  }
  for (const { tags } of tables) for (const { name } of tags) add('tag', name, 'string', `${name}_tag`)
  for (const { fields } of tables) for (const { name, type } of fields) add('field', name, type, `${name}_${type}`)
  return [...columns.values()]
}

/**
 * The points of some tables as rows, in the order in which they came; of times the nanoseconds.
 * @param outer What is selected of them, by the names of the columns.
 */
export function flatQuery(tables: readonly TableInfo[], columns: readonly FlatColumn[], outer: string): string {
  const parts = tables.map((table) => {
    const values = columns.map((flat) => `${valueOf(table, flat)} AS ${sqlName(flat.column)}`)
    const place = [table.db, table.rp, table.measurement].map((text, i) => `${sqlText(text)} AS ${PLACE_COLUMNS[i]!}`)
    const name = sqlName(table.name)
    return `SELECT p.sequence AS kapok_sequence, ${[...place, 'p."time" AS "time"', ...values].join(', ')}
      FROM points.${name} p JOIN series.${name} s USING (series)`
  })
  return `SELECT ${outer} FROM (${parts.join(' UNION ALL ')}) ORDER BY kapok_sequence`
}

function valueOf({ tags, fields }: TableInfo, { kind, name, type }: FlatColumn): string {
  if (kind === 'tag') {
    const tag = tags.find((one) => one.name === name)
    return tag === undefined ? 'NULL::VARCHAR' : `s.${sqlName(tag.column)}`
  }
  const field = fields.find((one) => one.name === name && one.type === type)
  if (field === undefined) return `NULL::${sqlTypeOf(type)}`
  const value = `p.${sqlName(field.column)}`
  // NaN stands for -0 in the table.
  return type === 'float' ? `if(isnan(${value}), -0.0::DOUBLE, ${value})` : value
}
