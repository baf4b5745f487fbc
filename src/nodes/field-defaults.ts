import type { Value } from '../model/value.ts'
import { hostTypeOf, type ScriptValue } from '../tick/value.ts'

/** The value that a script gives to a field by default. */
export interface FieldDefault {
  readonly name: string
  readonly type: 'int' | 'float' | 'string' | 'boolean'
  readonly value: Value
}

interface Given {
  readonly name: string
  readonly value: ScriptValue
}

/** What is wrong with the values that a script gave, or undefined. */
export function refuseDefaults(given: readonly Given[]): string | undefined {
  for (const { name, value } of given) {
    if (isScalar(value)) continue
    const type = hostTypeOf(value)
    return `unsupported type ${type} for field ${JSON.stringify(name)}, field default values must be float,int,string or bool`
  }
  return undefined
}

/** @param given Not refused. A name that is given twice has its last value. */
export function fieldDefaults(given: readonly Given[]): FieldDefault[] {
  const defaults = given.flatMap(({ name, value }) =>
    isScalar(value) ? [[name, { name, type: value.type, value: value.value }] as const] : []
  )
  return [...new Map(defaults).values()]
}

function isScalar(value: ScriptValue): value is Extract<ScriptValue, { type: FieldDefault['type'] }> {
  return value.type === 'int' || value.type === 'float' || value.type === 'string' || value.type === 'boolean'
}
