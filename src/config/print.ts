import { stringify } from 'yaml'
import { formatDuration } from '../core/duration.ts'
import { MASK } from '../core/mask.ts'
import { Field, type Fields, List } from '../core/fields.ts'
import { type Config, sections } from './sections.ts'

/** The configuration as a file has it, secrets masked. */
export function printConfig(config: Config): string {
  return stringify(shown(sections, config))
}

function shown(fields: Fields, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => {
      const value = values[key]
      if (field instanceof Field) return [key, shownValue(field, value)]
      if (field instanceof List) {
        return [key, (value as Readonly<Record<string, unknown>>[]).map((entry) => shown(field.fields, entry))]
      }
      return [key, shown(field.fields, value as Readonly<Record<string, unknown>>)]
    })
  )
}

function shownValue(field: Field<unknown>, value: unknown): unknown {
  const { kind, isSecret, fallback } = field
  if (isSecret && value !== '' && value !== fallback) return MASK
  return kind === 'duration' ? formatDuration(value as bigint) : field.shown(value)
}
