import type { Position } from '../tick/ast.ts'
import type { ScriptProblem } from '../tick/result.ts'

/** Ends the reading of a script with the author's problem; `buildGraph` turns it into a result. */
export class ScriptError extends Error {
  readonly problem: ScriptProblem

  constructor(message: string, at?: Position) {
    super(message)
    this.name = 'ScriptError'
    this.problem = at === undefined ? { message } : { message, at }
  }
}

/** A problem whose text begins with its place. */
export function errorAt(at: Position, message: string): ScriptError {
  return new ScriptError(`line ${at.line} char ${at.char}: ${message}`, at)
}

/**
 * A call that its callee refuses.
 * @param callee Host type of the object; `<nil>` for a global function.
 */
export function callError(at: Position, name: string, callee: string, reason: string): ScriptError {
  return errorAt(at, `error calling func ${JSON.stringify(name)} on obj ${callee}: ${reason}`)
}
