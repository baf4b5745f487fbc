import { open } from 'node:fs/promises'
import type { FieldType } from '../../model/value.ts'
import { type FlatColumn, PLACE_COLUMNS } from './flat.ts'

/**
 * Headers of CSV that say what the columns are, as `influx write` reads them: `host|tag`, `usage|double`. So a column
 * comes back as what it was, also one of several of one name.
 */
const DATATYPES: Readonly<Partial<Record<FieldType, string>>> = {
  float: 'double',
  int: 'long',
  boolean: 'boolean',
  string: 'string'
}
const FIELD_TYPES = new Map(Object.entries(DATATYPES).map(([type, datatype]) => [datatype, type as FieldType]))
const PLACE_DATATYPES: Readonly<Record<(typeof PLACE_COLUMNS)[number], string>> = {
  db: 'ignored',
  rp: 'ignored',
  measurement: 'measurement',
  time: 'dateTime'
}
const CELL = /^([^]*)\|([A-Za-z]+)(?::[^|]*)?$/
const HEADER_MAX_BYTES = 1 << 20

/** What the columns of a file stand for, in their order. */
export type CsvColumn =
  FlatColumn | { readonly kind: 'place'; readonly name: string } | { readonly kind: 'time' } | { readonly kind: 'none' }

export function csvHeaderOf(columns: readonly FlatColumn[]): string {
  const places = PLACE_COLUMNS.map((name) => `${name}|${PLACE_DATATYPES[name]}`)
  const names = columns.map(({ kind, name, type }) => `${name}|${kind === 'tag' ? 'tag' : DATATYPES[type]!}`)
  return [...places, ...names].map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join()
}

/** undefined where the header is a plain one: none of its columns says that it is the time. */
export async function readCsvHeader(file: string): Promise<CsvColumn[] | undefined> {
  const columns = cellsOf(await firstBytes(file)).map((cell, index) => columnOf(cell, `c${index}`))
  return columns.some(({ kind }) => kind === 'time') ? columns : undefined
}

function columnOf(cell: string, column: string): CsvColumn {
  const [, name, datatype] = CELL.exec(cell) ?? []
  if (name === undefined || datatype === undefined) return { kind: 'none' }
  if (datatype === 'dateTime') return { kind: 'time' }
  if (datatype === 'measurement') return { kind: 'place', name: 'measurement' }
  if (datatype === 'ignored') return name === 'db' || name === 'rp' ? { kind: 'place', name } : { kind: 'none' }
  if (datatype === 'tag') return { column, kind: 'tag', name, type: 'string' }
  const type = FIELD_TYPES.get(datatype)
  if (type === undefined) throw new Error(`a column of the type ${datatype} cannot be read: ${cell}`)
  return { column, kind: 'field', name, type }
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_MAX_BYTES), 0, HEADER_MAX_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Cells of the first line. */
function cellsOf(text: string): string[] {
  const cells: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/y
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    const [, quoted, plain = '', end] = match
    cells.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end !== ',') break
  }
  return cells
}
