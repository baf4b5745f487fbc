import { jsonString } from '../model/row.ts'
import type { Budget } from './budget.ts'
import { printValue, sortedKeys } from './print.ts'
import { classify, type Value } from './values.ts'

/** Go's JSON of a value: map keys sorted, `<`, `>`, `&` escaped; '' where Go has none (NaN and the infinities). */
export function toJson(value: Value, budget: Budget): string {
  try {
    return encode(value, budget)
  } catch (error) {
    if (error instanceof Unsupported) return ''
    throw error
  }
}

const ENCODE_STEPS = 10
/** Passes that the quoting of a text makes over it. */
const QUOTE_PASSES = 4

class Unsupported extends Error {}

function encode(value: Value, budget: Budget): string {
  budget.spend(ENCODE_STEPS)
  const classified = classify(value)
  switch (classified.kind) {
    case 'nil':
      return 'null'
    case 'bool':
      return String(classified.value)
    case 'int':
      return classified.type.isText === true ? jsonString(printValue(value, budget)) : String(classified.value)
    case 'string':
      return quoted(classified.value, budget)
    case 'float':
      if (!Number.isFinite(classified.value)) throw new Unsupported()
      return Object.is(classified.value, -0) ? '-0' : String(classified.value)
    case 'time':
      return jsonString(classified.value.toJson())
    case 'safe':
      return quoted(classified.value.text, budget)
    case 'slice':
      return `[${classified.value.map((item) => encode(item, budget)).join(',')}]`
    case 'struct':
      return object(
        [...classified.value.type.fields].map(([field, name]) => [name, classified.value.get(field)]),
        budget
      )
    case 'map':
      return object(
        sortedKeys(classified.value, budget).map((key) => [key, classified.value.get(key)]),
        budget
      )
  }
}

function object(entries: readonly (readonly [string, Value])[], budget: Budget): string {
  return `{${entries.map(([key, value]) => `${quoted(key, budget)}:${encode(value, budget)}`).join(',')}}`
}

function quoted(text: string, budget: Budget): string {
  budget.spendOn(text.length * QUOTE_PASSES)
  const json = jsonString(text)
  budget.spend(json.length - text.length) // what had to be escaped
  return json
}
