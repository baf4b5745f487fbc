import { stringify } from 'yaml'
import { formatDuration } from '../core/duration.ts'
import { MASK } from '../core/mask.ts'
import { Field, type Fields, fileKeyOf, List } from '../core/fields.ts'
import { type Config, sections } from './sections.ts'

/** Files of secrets by the dotted paths of these. */
type Origins = ReadonlyMap<string, string>
type Values = Readonly<Record<string, unknown>>

/** The configuration as a file has it: secrets masked, or with the file that they come from. */
export function printConfig(config: Config, origins: Origins = new Map()): string {
  return stringify(shown(sections, config, origins, ''))
}

/** @param prefix Of dotted paths. */
function shown(fields: Fields, values: Values, origins: Origins, prefix: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => {
      const value = values[key]
      const path = `${prefix}${key}`
      const file = origins.get(path)
      if (file !== undefined) return [fileKeyOf(key), file]
      if (field instanceof Field) return [key, shownValue(field, value)]
      if (field instanceof List) {
        const entries = value as readonly Values[]
        return [key, entries.map((entry, index) => shown(field.fields, entry, origins, `${path}.${index}.`))]
      }
      return [key, shown(field.fields, value as Values, origins, `${path}.`)]
    })
  )
}

function shownValue(field: Field<unknown>, value: unknown): unknown {
  const { kind, isSecret, fallback } = field
  if (isSecret && value !== '' && value !== fallback) return MASK
  return kind === 'duration' ? formatDuration(value as bigint) : field.shown(value)
}
