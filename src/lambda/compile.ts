import { messageOf } from '../core/errors.ts'
import type { Instant } from '../core/instant.ts'
import { PairMemo } from '../core/memo.ts'
import type { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { TagKeys, Tags } from '../model/series.ts'
import type { Value } from '../model/value.ts'
import type { Expression } from '../tick/ast.ts'
import { type Result, succeed } from '../tick/result.ts'
import { check, type Checked } from './check.ts'
import { type CompiledLambda, FAILED, type LambdaInstance, type ResultType, type Verdict } from './contract.ts'
import { BUILT_IN, type FunctionTable } from './functions/index.ts'
import { generate, type LambdaProgram, type Mode, type Runner } from './generate.ts'
import { quote } from '../core/print.ts'
import type { Binding } from './types.ts'
import { Typing } from './typing.ts'

/**
 * Checks a lambda, or its body, as the original does when a node starts. The error is the bare one: the node puts its
 * own words before it.
 */
export function compileLambda(body: Expression): Result<CompiledLambda> {
  const checked = check(body.kind === 'lambda' ? body.body : body)
  return checked.ok ? succeed(new Lambda(checked.value)) : checked
}

/** Ways of binding its names that one lambda remembers its code for: then it starts anew. */
const MAX_PROGRAMS = 100

interface Variant {
  readonly type: ResultType
  readonly run: Runner
}

class Lambda implements CompiledLambda {
  readonly references: readonly string[]
  readonly #checked: Checked
  readonly #programs: Programs
  readonly #variants = new Map<Mode, PairMemo<Schema, TagKeys, Variant>>()

  constructor(checked: Checked) {
    this.references = checked.names.filter((name) => name !== 'time')
    this.#checked = checked
    this.#programs = new Programs(checked, BUILT_IN)
  }

  instantiate(): LambdaInstance {
    return new Instance(this, statesOf(this.#checked.calls[0]!, BUILT_IN))
  }

  variantOf(mode: Mode, schema: Schema, keys: TagKeys): Variant {
    let variants = this.#variants.get(mode)
    if (variants === undefined) {
      variants = new PairMemo((schema, keys) => this.#makeVariant(mode, schema, keys))
      this.#variants.set(mode, variants)
    }
    return variants.get(schema, keys)
  }

  #makeVariant(mode: Mode, schema: Schema, keys: TagKeys): Variant {
    const { names } = this.#checked
    const clash = this.references.find((name) => schema.indexOf(name) >= 0 && keys.indexOf(name) >= 0)
    if (clash !== undefined) return failing(`cannot have field and tags with same name ${quote(clash)}`)
    const program = this.#programs.get(
      mode,
      names.map((name) => bindingOf(name, schema, keys))
    )
    const indexes = names.map((name) => Math.max(schema.indexOf(name), keys.indexOf(name)))
    return { type: program.type, run: program.bind(indexes) }
  }
}

/** The code of one lambda, by what its names are bound to: schemas that agree on that share it. */
export class Programs {
  readonly #checked: Checked
  readonly #functions: FunctionTable
  readonly #nestedStates: readonly (readonly object[])[]
  readonly #programs = new Map<string, LambdaProgram>()

  constructor(checked: Checked, functions: FunctionTable) {
    this.#checked = checked
    this.#functions = functions
    this.#nestedStates = checked.calls.map((names) => statesOf(names, functions))
  }

  /** @param bindings In the order of the names. */
  get(mode: Mode, bindings: readonly Binding[]): LambdaProgram {
    const { root, names, calls } = this.#checked
    const key = [
      mode,
      ...bindings.map((binding) => (binding.source === 'field' ? binding.type : `.${binding.source}`))
    ].join(' ')
    let program = this.#programs.get(key)
    if (program === undefined) {
      if (this.#programs.size >= MAX_PROGRAMS) this.#programs.clear()
      const typing = new Typing(new Map(names.map((name, i) => [name, bindings[i]!])), this.#functions)
      program = generate(root, mode, names, typing, calls, this.#nestedStates)
      this.#programs.set(key, program)
    }
    return program
  }
}

/** Fresh state for the functions that have one, at the places of their names. */
export function statesOf(names: readonly string[], functions: FunctionTable): object[] {
  return names.map((name) => functions.get(name)?.state?.() ?? STATELESS)
}

const STATELESS = {}

function bindingOf(name: string, schema: Schema, keys: TagKeys): Binding {
  if (name === 'time') return { source: 'time' }
  const type = schema.typeOf(name)
  if (type !== undefined) return type === 'null' ? { source: 'null' } : { source: 'field', type }
  return { source: keys.indexOf(name) >= 0 ? 'tag' : 'missing' }
}

function failing(text: string): Variant {
  return {
    type: 'boolean',
    run: (_values, _tags, _time, _states, outcome) => {
      outcome.error = text
      return FAILED
    }
  }
}

class Instance implements LambdaInstance {
  error = ''
  type: ResultType = 'boolean'
  value: Value = false
  readonly #lambda: Lambda
  readonly #states: readonly object[]
  // The variant that the last point took: most points take the same.
  #mode: Mode = 'predicate'
  #schema: Schema | undefined
  #keys: TagKeys | undefined
  #type: ResultType = 'boolean'
  #run: Runner = () => FAILED

  constructor(lambda: Lambda, states: readonly object[]) {
    this.#lambda = lambda
    this.#states = states
  }

  save(): Readonly<Record<string, number>>[] {
    return this.#states.map((state) => ({ ...state }))
  }

  load(stored: readonly Readonly<Record<string, number>>[]): void {
    for (const [i, state] of this.#states.entries()) Object.assign(state, stored[i])
  }

  test(point: Point): Verdict {
    const { schema } = point
    const { tags } = point.series
    try {
      if (this.#schema !== schema || this.#keys !== tags.keys || this.#mode !== 'predicate') {
        this.#switch('predicate', schema, tags.keys)
      }
      return this.#run(point.values, tags.values, point.time, this.#states, this)
    } catch (error) {
      return this.#caught(error)
    }
  }

  evaluate(schema: Schema, values: readonly Value[], tags: Tags, time: Instant): boolean {
    return this.#evaluate('value', schema, values, tags, time)
  }

  evaluateInt(schema: Schema, values: readonly Value[], tags: Tags, time: Instant): boolean {
    return this.#evaluate('int', schema, values, tags, time)
  }

  #evaluate(mode: Mode, schema: Schema, values: readonly Value[], tags: Tags, time: Instant): boolean {
    try {
      if (this.#schema !== schema || this.#keys !== tags.keys || this.#mode !== mode) {
        this.#switch(mode, schema, tags.keys)
      }
      this.type = this.#type
      return this.#run(values, tags.values, time, this.#states, this) > 0
    } catch (error) {
      return this.#caught(error) > 0
    }
  }

  #switch(mode: Mode, schema: Schema, keys: TagKeys): void {
    const { type, run } = this.#lambda.variantOf(mode, schema, keys)
    this.#mode = mode
    this.#schema = schema
    this.#keys = keys
    this.#type = type
    this.#run = run
  }

  /** What no function foresees, such as a string that grows too long, is the error of its point. */
  #caught(error: unknown): Verdict {
    this.error = messageOf(error)
    return FAILED
  }
}
