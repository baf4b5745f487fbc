import type { LambdaInstance } from '../../lambda/contract.ts'
import { Schema } from '../../model/schema.ts'
import type { TagKeys, Tags } from '../../model/series.ts'
import type { FieldType, Value } from '../../model/value.ts'

/** What a script asked of an eval node, by name. */
export interface EvalRequest {
  /** Names that each lambda reads, `time` excepted. */
  readonly references: readonly (readonly string[])[]
  /** Name of each result. */
  readonly names: readonly string[]
  /** Results that become tags. */
  readonly tags: readonly string[]
  /** undefined: the results only; empty: all fields as well; else exactly these. */
  readonly keep: readonly string[] | undefined
}

/** The result of each lambda for the present point: its instance holds it. */
export type Results = readonly Pick<LambdaInstance, 'type' | 'value'>[]

/** Where a variable comes from: a field of the point, a tag, or a result, by index. */
interface Origin {
  readonly kind: 'field' | 'tag' | 'result'
  readonly index: number
}

/**
 * What an eval node does to points with one schema and one set of tags. The lambdas share a scope of variables, into
 * which each of them first loads the names that it reads: a field or tag of the point wins over a result of that name,
 * also over one that was there before. Where each variable stands in the end follows from names alone.
 */
export class EvalPlan {
  /** The earlier results that each lambda sees; undefined where it sees the point alone. */
  readonly views: readonly (View | undefined)[]
  /** The field that was to be kept and does not exist. */
  readonly missing: string | undefined
  /** Where the tags that are made come from. */
  readonly tags: readonly Origin[]
  /** Where the fields come from, as one number each: results count down from -1, tags follow the fields. */
  readonly #sources: readonly number[]
  readonly #fieldCount: number
  readonly #shape: Shape

  constructor(request: EvalRequest, schema: Schema, keys: TagKeys) {
    const find = (name: string): Origin | undefined => originOf(name, schema, keys)
    const scope = new Map<string, Origin>()
    this.views = request.references.map((references, lambda) => {
      const seen: number[] = []
      for (const name of references) {
        const own = find(name)
        const variable = scope.get(name)
        if (own !== undefined) scope.set(name, own)
        else if (variable?.kind === 'result') seen.push(variable.index)
      }
      scope.set(request.names[lambda]!, { kind: 'result', index: lambda })
      return seen.length === 0 ? undefined : new View(schema, request.names, seen)
    })

    this.tags = request.tags.map((name) => scope.get(name)!)
    const fields = new Map<string, Origin>()
    if (request.keep === undefined) {
      for (const name of request.names) if (!request.tags.includes(name)) fields.set(name, scope.get(name)!)
    } else if (request.keep.length === 0) {
      schema.names.forEach((name, index) => fields.set(name, { kind: 'field', index }))
      for (const name of request.names) fields.set(name, scope.get(name)!)
    } else {
      for (const name of request.keep) {
        const index = schema.indexOf(name)
        const origin = scope.get(name) ?? (index < 0 ? undefined : { kind: 'field', index })
        // Differs: for a name that a lambda read and the point lacks, Kapacitor keeps a marker that no node understands.
        if (origin === undefined) this.missing ??= name
        else fields.set(name, origin)
      }
    }
    const origins = [...fields.values()]
    this.#fieldCount = schema.size
    this.#sources = origins.map(({ kind, index }) =>
      kind === 'result' ? -1 - index : kind === 'field' ? index : schema.size + index
    )
    this.#shape = new Shape([...fields.keys()], origins, schema)
  }

  schemaFor(results: Results): Schema {
    return this.#shape.schemaFor(results)
  }

  valuesFor(values: readonly Value[], tags: Tags, results: Results): Value[] {
    const sources = this.#sources
    const fieldCount = this.#fieldCount
    const out = new Array<Value>(sources.length)
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!
      if (source < 0) out[i] = results[-1 - source]!.value
      else out[i] = source < fieldCount ? values[source]! : tags.values[source - fieldCount]!
    }
    return out
  }
}

/** The fields of a point with some earlier results added, for a lambda that reads them. */
class View {
  readonly #results: readonly number[]
  readonly #shape: Shape

  constructor(schema: Schema, names: readonly string[], results: readonly number[]) {
    this.#results = results
    this.#shape = new Shape(
      [...schema.names, ...results.map((index) => names[index]!)],
      [
        ...schema.names.map((_, index): Origin => ({ kind: 'field', index })),
        ...results.map((index): Origin => ({ kind: 'result', index }))
      ],
      schema
    )
  }

  schemaFor(results: Results): Schema {
    return this.#shape.schemaFor(results)
  }

  valuesFor(values: readonly Value[], results: Results): Value[] {
    const out = new Array<Value>(values.length + this.#results.length)
    for (let i = 0; i < values.length; i++) out[i] = values[i]!
    for (let i = 0; i < this.#results.length; i++) out[values.length + i] = results[this.#results[i]!]!.value
    return out
  }
}

/** A schema of which some types are those of results, and so may change from point to point; they hardly ever do. */
class Shape {
  readonly #names: readonly string[]
  readonly #origins: readonly Origin[]
  readonly #input: Schema
  /** Results that the schema depends on, and their types when `#schema` was made. */
  readonly #results: readonly number[]
  #types: readonly FieldType[] = []
  #schema = Schema.EMPTY

  constructor(names: readonly string[], origins: readonly Origin[], input: Schema) {
    this.#names = names
    this.#origins = origins
    this.#input = input
    this.#results = origins.filter(({ kind }) => kind === 'result').map(({ index }) => index)
    if (this.#results.length === 0) this.#schema = this.#make([])
  }

  schemaFor(results: Results): Schema {
    const indexes = this.#results
    for (let i = 0; i < indexes.length; i++) {
      if (results[indexes[i]!]!.type !== this.#types[i]) {
        this.#types = indexes.map((index) => results[index]!.type)
        this.#schema = this.#make(results)
        break
      }
    }
    return this.#schema
  }

  #make(results: Results): Schema {
    const types = this.#origins.map(({ kind, index }) =>
      kind === 'result' ? results[index]!.type : kind === 'field' ? this.#input.types[index]! : 'string'
    )
    return Schema.of(this.#names, types)
  }
}

/** A field comes before a tag; that both exist is the failure of the lambda that reads the name. */
function originOf(name: string, schema: Schema, keys: TagKeys): Origin | undefined {
  const field = schema.indexOf(name)
  if (field >= 0) return { kind: 'field', index: field }
  const tag = keys.indexOf(name)
  return tag < 0 ? undefined : { kind: 'tag', index: tag }
}
