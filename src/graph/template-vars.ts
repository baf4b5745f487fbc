import { compareBytes } from '../model/bytes.ts'
import { declaredVarJson, type VarJson } from '../tick/vars.ts'
import type { Declaration } from './declarations.ts'

/** A variable of a template as the API shows it; integers may be bigints. */
export type TemplateVar = VarJson

/** `vars` of a template, sorted by name. A variable that has to be supplied has the value null. */
export function templateVars(declarations: readonly Declaration[]): Record<string, TemplateVar> {
  const vars: Record<string, TemplateVar> = {}
  const sorted = declarations.toSorted((a, b) => compareBytes(a.name, b.name))
  for (const { name, type, default: value, comment } of sorted) {
    // Differs: a list with a node among its items is left out, as a node alone is; the original answers 500.
    const json = declaredVarJson(type, value, comment)
    if (json !== undefined) vars[name] = json
  }
  return vars
}
