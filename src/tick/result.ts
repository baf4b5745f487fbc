import type { Position } from './ast.ts'

/**
 * A problem of an author's text. `message` is the whole text that clients get (Kapacitor's words, position included where it
 * gives one), without the `invalid TICKscript: ` that the API puts before it.
 */
export interface ScriptProblem {
  readonly message: string
  readonly at?: Position
}

/** What reading an author's text comes to: never a throw. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ScriptProblem }

export function succeed<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refuse(message: string, at?: Position): Result<never> {
  return { ok: false, error: at === undefined ? { message } : { message, at } }
}
