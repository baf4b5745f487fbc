import { stringify } from 'yaml'
import { Field, type Fields, List, type RawValue } from '../core/fields.ts'
import { sections } from './sections.ts'

const HEAD = `# Configuration of Kapok: every key with its default. What is left out has its default.
# Environment variables come after the file: KAPOK_HTTP_BIND_ADDRESS, KAPOK_INFLUXDB_0_URLS_0; Kapacitor's names work too.
# Any text may have variables of the environment, as \${NAME}; $\${ is a plain \${. Beside every secret, KEY-file (password-file,
# token-file, or KAPOK_..._FILE) names a file that holds it, which is read anew when it changes.
# What an entry of an empty list can have is shown in comments.
`

/** A configuration file that shows every key with its docs and default, and changes nothing. */
export function exampleConfig(): string {
  return HEAD + linesOf(sections, '').join('\n') + '\n'
}

type Values = Readonly<Record<string, RawValue>>

/** @param values What is not as the field has it by default. */
function linesOf(fields: Fields, indent: string, values: Values = {}): string[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const comment = `${indent}# ${field.docs}`
    if (field instanceof Field)
      return [comment, ...keyLines(key, values[key] ?? field.fallback).map((line) => indent + line)]
    const isTop = indent === ''
    const head = [...(isTop ? [''] : []), comment, `${indent}${key}:`]
    if (!(field instanceof List)) return [...head, ...linesOf(field.fields, `${indent}  `)]
    if (field.initial.length > 0) return [...head, ...field.initial.flatMap((entry) => entryLines(field, entry))]
    // An entry would count: it is commented out.
    return [...head.slice(0, -1), `${indent}${key}: []`, ...entryLines(field, {}).map((line) => `#${line}`)]
  })
}

function keyLines(key: string, value: RawValue): string[] {
  return stringify({ [key]: value }, { lineWidth: 0, singleQuote: true })
    .trimEnd()
    .split('\n')
}

function entryLines({ fields }: List<Fields>, values: Values): string[] {
  const lines = linesOf(fields, '    ', values)
  const firstKey = lines.findIndex((line) => !/^\s*#/.test(line))
  const head = lines.slice(0, firstKey).map((line) => line.replace('    ', '  '))
  return [...head, lines[firstKey]!.replace('    ', '  - '), ...lines.slice(firstKey + 1)]
}
