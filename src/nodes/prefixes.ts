import type { Instant } from '../core/instant.ts'
import { type RequiredFields, unionOfFields } from '../model/required-fields.ts'
import type { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import type { FieldType, Value } from '../model/value.ts'

/** What stands in the fields of a message that is missing. */
export interface Fill {
  readonly type: FieldType
  readonly value: Value
}

/** Where the fields of some schemas go when they are put side by side. */
interface Layout {
  readonly schema: Schema
  /** The place in the result of each field of each part, in order. Two can share one: the later one stays. */
  readonly places: readonly number[]
}

type Branch = Map<Schema | undefined, Branch | Layout>

/** Fields of all layouts together that are remembered: with more it begins anew. Names can come from outside. */
const MAX_FIELDS = 32_768
/** A layout counts for so many more. */
const FIELDS_A_LAYOUT = 16

/**
 * Puts the fields of several points into one, each under the prefix of its part. What schemas come to is remembered, so
 * that a point costs a lookup a part and a copy of its values.
 */
export class FieldMerger {
  readonly #prefixes: readonly string[]
  readonly #fill: Fill | undefined
  readonly #layouts: Branch = new Map<Schema | undefined, Branch | Layout>()
  #fields = 0

  /** @param prefixes One a part, with the delimiter. */
  constructor(prefixes: readonly string[], fill?: Fill) {
    this.#prefixes = prefixes
    this.#fill = fill
  }

  /**
   * @param parts One a prefix; undefined for a missing one, which takes a fill.
   * @param missing The fields that a missing part gets.
   */
  merge(parts: readonly (Point | undefined)[], missing: Schema, series: Series, group: Group, time: Instant): Point {
    const { schema, places } = this.#layoutOf(parts, missing)
    const values: Value[] = []
    let next = 0
    for (const part of parts) {
      if (part === undefined) for (let i = 0; i < missing.size; i++) values[places[next++]!] = this.#fill!.value
      else for (const value of part.values) values[places[next++]!] = value
    }
    return new Point(series, group, time, schema, values)
  }

  #layoutOf(parts: readonly (Point | undefined)[], missing: Schema): Layout {
    let branch = this.#layouts
    let isWhole = true
    for (const part of parts) {
      if (part === undefined) isWhole = false
      let next = branch.get(part?.schema)
      if (next === undefined) branch.set(part?.schema, (next = new Map<Schema | undefined, Branch | Layout>()))
      branch = next as Branch
    }
    const key = isWhole ? undefined : missing
    const known = branch.get(key)
    if (known !== undefined) return known as Layout
    const layout = this.#makeLayout(parts, missing)
    this.#fields += layout.places.length + FIELDS_A_LAYOUT
    if (this.#fields > MAX_FIELDS) {
      this.#layouts.clear()
      this.#fields = 0
    } else branch.set(key, layout)
    return layout
  }

  #makeLayout(parts: readonly (Point | undefined)[], missing: Schema): Layout {
    const found = new Map<string, number>()
    const types: FieldType[] = []
    const places: number[] = []
    for (const [i, part] of parts.entries()) {
      const schema = part?.schema ?? missing
      for (const [at, name] of schema.names.entries()) {
        const key = this.#prefixes[i]! + name
        const place = found.get(key) ?? found.size
        found.set(key, place)
        types[place] = part === undefined ? this.#fill!.type : schema.types[at]!
        places.push(place)
      }
    }
    return { schema: Schema.of([...found.keys()], types), places }
  }
}

/** Fields that must be read so that `below` finds what it reads under a prefix. */
export function requireBehindPrefixes(
  names: readonly string[] | undefined,
  delimiter: string,
  below: RequiredFields,
  own: RequiredFields = new Set()
): RequiredFields {
  if (below === 'all') return 'all'
  const prefixes = (names ?? []).map((name) => name + delimiter)
  const behind = [...below].flatMap((field) =>
    prefixes.filter((prefix) => field.startsWith(prefix)).map((prefix) => field.slice(prefix.length))
  )
  return unionOfFields(own, new Set(behind))
}

/**
 * What is wrong with the prefixes that a script gave with `.as`, or undefined.
 * @param node `join` or `combine`.
 * @param parts What there must be a prefix for each of.
 */
export function refusePrefixes(
  node: string,
  names: readonly string[] | undefined,
  delimiter: string,
  parts: { readonly count: number; readonly called: string }
): string | undefined {
  if (names === undefined || names.length === 0) {
    return `a call to ${node}.as() is required to specify the output stream prefixes.`
  }
  if (names.length !== parts.count) {
    return `number of prefixes specified by ${node}.as() must match the number of ${parts.called}`
  }
  for (const name of names) {
    if (name === '') return `must provide a prefix name for the ${node} node, see .as() property method`
    // Differs: combine takes an empty delimiter too, where Kapacitor then refuses every name.
    if (delimiter !== '' && name.includes(delimiter)) {
      const told = node === 'join' ? `${JSON.stringify(delimiter)}\t` : `character ${delimiter}`
      return `cannot use name ${name} as field prefix, it contains the delimiter ${told}`
    }
  }
  return new Set(names).size < names.length ? 'cannot use the same prefix name see .as() property method' : undefined
}
