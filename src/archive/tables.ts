import type { RequiredFields } from '../model/required-fields.ts'
import type { Series } from '../model/series.ts'
import type { FieldType } from '../model/value.ts'

export interface TableInfo {
  readonly id: number
  /** Name of the table in the file. */
  readonly name: string
  readonly db: string
  readonly rp: string
  readonly measurement: string
  readonly fields: readonly FieldInfo[]
  readonly tags: readonly { readonly column: string; readonly name: string }[]
}

export interface FieldInfo {
  readonly id: number
  readonly column: string
  readonly name: string
  readonly type: FieldType
}

/** A table as somebody reads it. */
export interface TablePlan {
  readonly table: TableInfo
  readonly requiredFields: RequiredFields
  /** Series by their numbers, which are unique in the archive. */
  readonly series: ReadonlyMap<number, Series>
  /** The fields of a point in their order, by the number of its shape. */
  readonly shapes: readonly (readonly number[])[]
}
