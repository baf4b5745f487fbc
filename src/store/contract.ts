export type SqlValue = string | number | bigint | boolean | null | Uint8Array
/** A list, not empty, is for `unnest($1::BIGINT[])`: many rows by one statement. */
export type SqlParam = SqlValue | readonly string[] | readonly bigint[]
/** A row by column name. BIGINT comes as bigint, BLOB as Uint8Array. */
export type DbRow = Readonly<Record<string, SqlValue>>

/** A table that rows are appended to, all columns of each in order. */
export interface Table {
  readonly name: string
  readonly columns: readonly ('BIGINT' | 'TINYINT' | 'BOOLEAN' | 'VARCHAR')[]
}

/** A table whose first column is a BIGINT that no two rows have alike. */
export interface KeyedTable extends Table {
  readonly key: string
}
/** Values as the columns have them: bigint, number, boolean, string. */
export type TableRow = readonly (bigint | number | boolean | string)[]

export interface Statements {
  /** Runs one statement with `$1`, `$2`, … taken from `params`; resolves to the number of rows changed. */
  run(sql: string, params?: readonly SqlParam[]): Promise<number>
  /** Adds many rows at a fraction of what a statement costs, all or none. */
  append(table: Table, rows: readonly TableRow[]): Promise<void>
  all<R extends object = DbRow>(sql: string, params?: readonly SqlParam[]): Promise<R[]>
}

/** A step of the schema, applied once and never changed afterwards. `sql` may be several statements. */
export interface Migration {
  readonly id: string
  readonly sql: string
}
