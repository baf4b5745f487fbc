import { viewOf, type Alert } from '../alert.ts'
import { sortable } from '../alert-json.ts'
import { compactJson } from '../../model/json.ts'
import type { Script } from '../expression.ts'

/** The class that an expression puts an alert into, or why that is not known. */
export type Key = { readonly ok: true; readonly key: string } | { readonly ok: false; readonly message: string }

/** @param script undefined: one class for all. */
export async function keysOf(alerts: readonly Alert[], script: Script | undefined): Promise<readonly Key[]> {
  if (script === undefined) return alerts.map(() => NO_KEY)
  const outcomes = await script.run(alerts.map(viewOf))
  return outcomes.map((outcome) => (outcome.ok ? { ok: true, key: keyOf(outcome.value) } : outcome))
}

/**
 * Values that are alike, whatever they were read from. undefined and null are the same, which is that of no expression.
 * Differs: numbers are alike by value, objects and lists by their contents; in the original the first are not and
 * the second crash it.
 */
function keyOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return `${typeof value}:${typeof value === 'object' ? compactJson(sortable(value)) : String(value)}`
}

const NO_KEY: Key = { ok: true, key: '' }
