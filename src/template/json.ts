import { jsonString } from '../model/row.ts'
import { printValue, sortedKeys } from './print.ts'
import { classify, type Value } from './values.ts'

/** Go's JSON of a value: map keys sorted, `<`, `>`, `&` escaped; '' where Go has none (NaN and the infinities). */
export function toJson(value: Value): string {
  try {
    return encode(value)
  } catch (error) {
    if (error instanceof Unsupported) return ''
    throw error
  }
}

class Unsupported extends Error {}

function encode(value: Value): string {
  const one = classify(value)
  switch (one.kind) {
    case 'nil':
      return 'null'
    case 'bool':
      return String(one.value)
    case 'int':
      return one.type.isText === true ? jsonString(printValue(value)) : String(one.value)
    case 'string':
      return jsonString(one.value)
    case 'float':
      if (!Number.isFinite(one.value)) throw new Unsupported()
      return Object.is(one.value, -0) ? '-0' : String(one.value)
    case 'time':
      return jsonString(one.value.toJson())
    case 'safe':
      return jsonString(one.value.text)
    case 'slice':
      return `[${one.value.map(encode).join(',')}]`
    case 'struct':
      return object([...one.value.type.fields].map(([field, name]) => [name, one.value.get(field)]))
    case 'map':
      return object(sortedKeys(one.value.keys()).map((key) => [key, one.value.get(key)]))
  }
}

function object(entries: readonly (readonly [string, Value])[]): string {
  return `{${entries.map(([key, value]) => `${jsonString(key)}:${encode(value)}`).join(',')}}`
}
