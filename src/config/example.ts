import { stringify } from 'yaml'
import { Field, type Fields, List } from './fields.ts'
import { sections } from './sections.ts'

const HEAD = `# Configuration of Kapok: every key with its default. What is left out has its default.
# Environment variables come after the file: KAPOK_HTTP_BIND_ADDRESS, KAPOK_INFLUXDB_0_URLS_0; Kapacitor's names work too.
# Lists are empty; what an entry can have is shown in comments.
`

/** A configuration file that shows every key with its docs and default, and changes nothing. */
export function exampleConfig(): string {
  return HEAD + linesOf(sections, '').join('\n') + '\n'
}

function linesOf(fields: Fields, indent: string): string[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const comment = `${indent}# ${field.docs}`
    if (field instanceof Field) return [comment, ...keyLines(key, field).map((line) => indent + line)]
    const isTop = indent === ''
    const head = [...(isTop ? [''] : []), comment, `${indent}${key}:`]
    if (!(field instanceof List)) return [...head, ...linesOf(field.fields, `${indent}  `)]
    // An entry would count: it is commented out.
    return [...head.slice(0, -1), `${indent}${key}: []`, ...entryLines(field, indent)]
  })
}

function keyLines(key: string, { fallback }: Field<unknown>): string[] {
  return stringify({ [key]: fallback }, { lineWidth: 0, singleQuote: true })
    .trimEnd()
    .split('\n')
}

function entryLines({ fields }: List<Fields>, indent: string): string[] {
  const lines = linesOf(fields, '    ')
  const firstKey = lines.findIndex((line) => !/^\s*#/.test(line))
  lines[firstKey] = lines[firstKey]!.replace('    ', '  - ')
  return lines.map((line) => `${indent}#${line}`)
}
