import assert from 'node:assert/strict'
import { inputKinds } from './index.ts'
import type { Input, InputCounters, InputKind, InputWorld } from './input.ts'

/** Opens inputs of the kinds in the index, and counts what those of a kind take in. */
export class OpenInputs {
  readonly #world: Omit<InputWorld, 'counters'>
  readonly #counters: ReadonlyMap<string, InputCounters>

  constructor(world: Omit<InputWorld, 'counters'>) {
    this.#world = world
    this.#counters = new Map(inputKinds.map(({ name }) => [name, { taken: 0, dropped: 0, failed: 0 }]))
  }

  /** Rejects where the input cannot start. Whoever opens an input closes it. */
  async open<Settings>(kind: InputKind<Settings>, settings: Settings): Promise<Input> {
    const counters = this.#counters.get(kind.name)
    assert(counters !== undefined, `the input ${kind.name} is not in the index`)
    return await kind.start(settings, { ...this.#world, counters })
  }

  /** Counters by the name of the kind of input. */
  get counters(): ReadonlyMap<string, Readonly<InputCounters>> {
    return this.#counters
  }
}
