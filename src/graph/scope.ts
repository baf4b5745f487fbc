import type { ScriptValue } from '../tick/value.ts'
import { ScriptError } from './script-error.ts'

/** The names of a script: one flat scope. */
export class Scope {
  readonly #values = new Map<string, ScriptValue>()

  find(name: string): ScriptValue | undefined {
    return this.#values.get(name)
  }

  /** @throws ScriptError where nothing has this name. */
  get(name: string): ScriptValue {
    const value = this.#values.get(name)
    if (value !== undefined) return value
    // Differs: the names come in the order of their definition, not in a random one.
    const names = [...this.#values.keys()].join(',')
    throw new ScriptError(`name ${JSON.stringify(name)} is undefined. Names in scope: ${names}`)
  }

  set(name: string, value: ScriptValue): void {
    this.#values.set(name, value)
  }
}
