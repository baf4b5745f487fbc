import { dimensionsOf, type Dimensions } from '../model/group.ts'
import type { Tags } from '../model/series.ts'
import { hostTypeOf, type ScriptValue } from '../tick/value.ts'

/** What is wrong with what a script gave to a `groupBy`, or undefined. */
export function refuseDimensions(values: readonly ScriptValue[], excluded: readonly string[] = []): string | undefined {
  for (const value of values) {
    if (value.type === 'string' && value.value === '') return 'dimensions cannot not be the empty string'
    if (value.type !== 'string' && value.type !== 'star') return `invalid dimension object of type ${hostTypeOf(value)}`
  }
  const hasStar = values.some((value) => value.type === 'star')
  if (hasStar && values.length > 1) return "cannot group by both '*' and named dimensions."
  if (!hasStar && excluded.length > 0) return "exclude requires '*'"
  return undefined
}

/** A checked `groupBy`: its tags, or all tags of a message but some. */
export class DimensionRule {
  readonly #named: readonly [Dimensions, Dimensions] | undefined
  readonly #excluded: ReadonlySet<string>

  constructor(values: readonly ScriptValue[], excluded: readonly string[] = []) {
    const names = values.map((value) => (value.type === 'string' ? value.value : undefined))
    const isStar = names.includes(undefined)
    const tagNames = names.filter((name) => name !== undefined)
    this.#named = isStar ? undefined : [dimensionsOf(false, tagNames), dimensionsOf(true, tagNames)]
    this.#excluded = new Set(excluded)
  }

  /** @param tags All tags of the message. */
  dimensionsOf(tags: Tags, byName: boolean): Dimensions {
    if (this.#named !== undefined) return this.#named[byName ? 1 : 0]
    return { byName, tagNames: tags.keys.names.filter((name) => !this.#excluded.has(name)) }
  }
}
