import { compareBytes } from './bytes.ts'
import { jsonString } from './row.ts'

/**
 * JSON as Go's encoder prints it: `<`, `>`, `&` escaped, integers exact, floats in their shortest form.
 * A plain object is a struct: its members in the order they were set, undefined ones left out. A `Map` is a Go map:
 * its keys sorted by bytes.
 */
export type JsonOutput = string | number | bigint | boolean | null | undefined | object

/** JSON that is text already; it is printed as it is. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const INDENT = '    '

/** JSON with an indentation of four spaces, as most answers have it. */
export function prettyJson(value: JsonOutput): string {
  return print(value, '\n')
}

export function compactJson(value: JsonOutput): string {
  return print(value, '')
}

/** @param lineBreak A newline and the indentation of `value`; '' for the compact form. */
function print(value: JsonOutput, lineBreak: string): string {
  switch (typeof value) {
    case 'string':
      return jsonString(value)
    case 'number':
      // Differs: NaN and the infinities are null, where Kapacitor's encoder fails the whole answer.
      return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : 'null'
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'null'
    case 'object':
      if (value === null) return 'null'
      return value instanceof RawJson ? value.text : printComposite(value, lineBreak)
  }
}

function printComposite(value: JsonOutput & object, lineBreak: string): string {
  const inner = lineBreak === '' ? '' : lineBreak + INDENT
  if (Array.isArray(value)) {
    const items = value as readonly JsonOutput[]
    if (items.length === 0) return '[]'
    return `[${inner}${items.map((item) => print(item, inner)).join(`,${inner}`)}${lineBreak}]`
  }
  const entries =
    value instanceof Map
      ? [...(value as ReadonlyMap<string, JsonOutput>)].sort(([a], [b]) => compareBytes(a, b))
      : Object.entries(value as Readonly<Record<string, JsonOutput>>)
  const colon = lineBreak === '' ? ':' : ': '
  const members = entries
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${jsonString(name)}${colon}${print(member, inner)}`)
  return members.length === 0 ? '{}' : `{${inner}${members.join(`,${inner}`)}${lineBreak}}`
}
