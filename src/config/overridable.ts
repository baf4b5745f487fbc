import { handlerSections } from '../alert/handlers/index.ts'
import { type Fields, List, type Section } from '../core/fields.ts'
import { type Config, sections } from './sections.ts'

/** The sections that clients see, and may override, over HTTP. */
export const overridable: Fields = { influxdb: sections.influxdb, ...handlerSections }

export type Values = Readonly<Record<string, unknown>>

/** A section that is no list, or an entry of one. */
export interface Element {
  /** '' for a section that is no list. */
  readonly id: string
  readonly values: Values
}

export function isOverridable(section: string): boolean {
  return Object.hasOwn(overridable, section)
}

/** Fields of the elements of a section. */
export function fieldsOf(section: string): Fields {
  return (overridable[section] as Section<Fields> | List<Fields>).fields
}

/** undefined for a section that is no list. */
export function elementKeyOf(section: string): string | undefined {
  const found = overridable[section]
  return found instanceof List ? found.key : undefined
}

/** What an element says against its values, which the schema accepts. */
export function problemOf(section: string, values: Values): string | undefined {
  return (overridable[section] as Section<Fields> | List<Fields>).problemOf(values)
}

export function elementsOf(config: Config, section: string): Element[] {
  const value = config[section as keyof Config] as unknown
  const key = elementKeyOf(section)
  if (key === undefined) return [{ id: '', values: value as Values }]
  return (value as readonly Values[]).map((values) => ({ id: String(values[key]), values }))
}
