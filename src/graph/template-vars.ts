import { intOf, type Int } from '../model/value.ts'
import { formatExpression } from '../tick/format.ts'
import type { ScriptValue, VarType } from '../tick/value.ts'
import { type Declaration, varTypeOf } from './declarations.ts'

/** A variable of a template as the API shows it. */
export interface TemplateVar {
  readonly type: VarType
  readonly value: TemplateValue
  readonly description: string
}

/** Integers that a double cannot hold are bigints. */
export type TemplateValue = Int | string | boolean | null | { readonly typeOf: 'star' } | readonly TemplateVar[]

/** `vars` of a template, sorted by name. A variable that has to be supplied has the value null. */
export function templateVars(declarations: readonly Declaration[]): Record<string, TemplateVar> {
  const vars: Record<string, TemplateVar> = {}
  for (const { name, type, default: value, description } of declarations.toSorted((a, b) =>
    a.name < b.name ? -1 : 1
  )) {
    const json = value === undefined ? null : toJson(value)
    // Differs: a list with a node among its items is left out, as a node alone is; the original answers 500.
    if (json !== undefined) vars[name] = { type, value: json, description }
  }
  return vars
}

/** undefined for what has no JSON form. */
function toJson(value: ScriptValue): TemplateValue | undefined {
  switch (value.type) {
    case 'int':
    case 'float':
    case 'string':
    case 'boolean':
      return value.value
    case 'duration':
      return intOf(value.value)
    case 'regex':
      return value.value === null ? null : value.value.pattern
    case 'lambda':
      return value.value === null ? null : formatExpression(value.value.body)
    case 'star':
      return { typeOf: 'star' }
    case 'list': {
      const items: TemplateVar[] = []
      for (const item of value.value) {
        const type = varTypeOf(item)
        const json = toJson(item)
        if (type === undefined || json === undefined) return undefined
        items.push({ type, value: json, description: '' })
      }
      return items
    }
    default:
      return undefined
  }
}
