import type { RequiredFields } from '../model/required-fields.ts'
import type { Int } from '../model/value.ts'
import type { LambdaNode } from '../tick/ast.ts'
import type { ScriptValue } from '../tick/value.ts'
import type { EdgeType, LinkHook, NodeRef } from './link.ts'

export { type RequiredFields, unionOfFields } from '../model/required-fields.ts'

/*
 * A node's specification: everything about it that is not its running. The checker, the formatter of errors, DOT,
 * the statistics and the reference pages all read it, so a node is described once, in its own file.
 */

/** What a parameter accepts. `any` takes every value and is checked by the node's `validate`. */
export type ParamType = 'string' | 'int' | 'float' | 'bool' | 'duration' | 'lambda' | 'any' | 'node'

/** How error messages print a parameter's type. */
export const HOST_TYPES: Readonly<Record<ParamType, string>> = {
  string: 'string',
  int: 'int64',
  float: 'float64',
  bool: 'bool',
  duration: 'time.Duration',
  lambda: '*ast.LambdaNode',
  any: 'interface {}',
  node: 'pipeline.Node'
}

export class Param<T> {
  readonly type: ParamType
  readonly docs: string
  /** Takes all arguments from here on (Go's variadic tail). */
  readonly isRest: boolean
  /** Value of a property that a script does not set. */
  readonly fallback: unknown
  /** Name of the argument whose value is the default instead. */
  readonly fallbackArg: string | undefined
  /** Name of the property that a property sets in place of its own. */
  readonly aliasOf: string | undefined
  declare readonly valueType: T

  constructor(
    type: ParamType,
    docs: string,
    isRest = false,
    fallback?: unknown,
    fallbackArg?: string,
    aliasOf?: string
  ) {
    this.type = type
    this.docs = docs
    this.isRest = isRest
    this.fallback = fallback
    this.fallbackArg = fallbackArg
    this.aliasOf = aliasOf
  }

  default(value: Exclude<T, undefined>): Param<Exclude<T, undefined>> {
    return new Param(this.type, this.docs, this.isRest, value)
  }

  /** Defaults to the value of an argument of the node. */
  sameAs(arg: string): Param<Exclude<T, undefined>> {
    return new Param(this.type, this.docs, this.isRest, undefined, arg)
  }

  /** Sets another property: the last call of the two names holds. */
  alias(property: string): Param<T> {
    return new Param(this.type, this.docs, this.isRest, undefined, undefined, property)
  }
}

/**
 * A property of a node or of a handler.
 * - `field`: a plain field; takes exactly one argument.
 * - `flag`: a method without arguments that sets true.
 * - `call`: a method; its arguments are kept of the last call, or of all calls (`all`).
 * - `handler`: a method that adds an alert handler, whose own properties follow it.
 */
export type Property<T> = FieldProperty<T> | FlagProperty | CallProperty<T> | HandlerProperty

export interface FieldProperty<T> extends Param<T> {}

export class FlagProperty {
  readonly member = 'flag'
  readonly docs: string
  declare readonly valueType: boolean
  constructor(docs: string) {
    this.docs = docs
  }
}

export class CallProperty<T> {
  readonly member = 'call'
  readonly docs: string
  readonly params: Readonly<Record<string, Param<unknown>>>
  /** Whether its only parameter is a variadic one: the value is the list itself. */
  readonly isList: boolean
  readonly isAll: boolean
  readonly fallback: unknown
  /** What a further call does with the value of the first, where it does not replace it. */
  readonly merge: ((first: never, next: never) => void) | undefined
  declare readonly valueType: T

  constructor(
    docs: string,
    params: Readonly<Record<string, Param<unknown>>>,
    isList: boolean,
    isAll: boolean,
    fallback?: unknown,
    merge?: (first: never, next: never) => void
  ) {
    this.docs = docs
    this.params = params
    this.isList = isList
    this.isAll = isAll
    this.fallback = fallback
    this.merge = merge
  }

  default(value: Exclude<T, undefined>): CallProperty<Exclude<T, undefined>> {
    return new CallProperty(this.docs, this.params, this.isList, this.isAll, value)
  }

  /** Lets further calls change what the first one gave. */
  merged(merge: (first: Exclude<T, undefined>, next: Exclude<T, undefined>) => void): CallProperty<T> {
    return new CallProperty(this.docs, this.params, this.isList, this.isAll, this.fallback, merge)
  }

  /** Keeps every call, in order, instead of the last. */
  all(): CallProperty<Exclude<T, undefined>[]> {
    return new CallProperty(this.docs, this.params, this.isList, true, [])
  }
}

/** What an alert handler brings to the `alert` node: `.post('url')` and the properties that may follow. */
export class HandlerProperty {
  readonly member = 'handler'
  readonly handler: HandlerSpec
  declare readonly valueType: HandlerCall[]
  constructor(handler: HandlerSpec) {
    this.handler = handler
  }
  get docs(): string {
    return this.handler.summary
  }
}

/** The TICKscript side of an alert handler; the delivering side is in `alert/handlers`. */
export interface HandlerSpec {
  /** Method on the alert node: `post`. */
  readonly name: string
  /** Kind of topic handlers over REST: `post`; `smtp` for `email`. */
  readonly kind: string
  /** `AlertHTTPPostHandler`; error messages print it after `*pipeline.`. */
  readonly hostType: string
  readonly summary: string
  readonly args: Params
  readonly properties: Properties
  /** Error text of a call, or undefined. */
  readonly validate?: (options: Readonly<Record<string, unknown>>) => string | undefined
}

/** One call of a handler method in a script, with what was set on it. */
export interface HandlerCall {
  readonly kind: string
  readonly options: Record<string, unknown>
}

/** What an option of a UDF takes, by the names of the protocol. */
export type UdfValueType = 'BOOL' | 'INT' | 'DOUBLE' | 'STRING' | 'DURATION'

/** One call of a UDF's option in a script. A duration is in nanoseconds. */
export interface UdfCall {
  readonly name: string
  readonly values: readonly { readonly type: UdfValueType; readonly value: Int | string | boolean }[]
}

export type Params = Readonly<Record<string, Param<unknown>>>
export type Properties = Readonly<Record<string, Property<unknown>>>

/** Builders of parameters and properties. A property without default is undefined where a script does not set it. */
export const t = {
  string: (docs: string) => new Param<string | undefined>('string', docs),
  int: (docs: string) => new Param<Int | undefined>('int', docs),
  float: (docs: string) => new Param<number | undefined>('float', docs),
  bool: (docs: string) => new Param<boolean | undefined>('bool', docs),
  /** Nanoseconds. */
  duration: (docs: string) => new Param<bigint | undefined>('duration', docs),
  lambda: (docs: string) => new Param<LambdaNode | undefined>('lambda', docs),
  any: (docs: string) => new Param<ScriptValue | undefined>('any', docs),
  node: (docs: string) => new Param<NodeRef | undefined>('node', docs),
  /** The variadic tail of arguments. */
  rest: <T>(param: Param<T>) => new Param<Exclude<T, undefined>[]>(param.type, param.docs, true),
  flag: (docs: string) => new FlagProperty(docs),
  /** A property method that takes any number of values; the last call wins. */
  list: <T>(param: Param<T>) =>
    new CallProperty<Exclude<T, undefined>[] | undefined>(
      param.docs,
      { values: new Param(param.type, param.docs, true) },
      true,
      false
    ),
  /** A property method with named parameters; the last call wins unless `.all()`. */
  call: <P extends Params>(docs: string, params: P) =>
    new CallProperty<ArgsOf<P> | undefined>(docs, params, false, false),
  handler: (handler: HandlerSpec) => new HandlerProperty(handler)
}

export type ArgsOf<P extends Params> = { readonly [K in keyof P]: Exclude<P[K]['valueType'], undefined> }
export type OptionsOf<S extends { readonly args: Params; readonly properties: Properties }> = ArgsOf<S['args']> & {
  readonly [K in keyof S['properties']]: S['properties'][K] extends { readonly valueType: infer T } ? T : never
} & { readonly quiet: boolean }

export interface Example {
  readonly script: string
  /** Points in, as `test/support/check.ts` writes them. */
  readonly input: string
  readonly output: string
}

export interface NodeSpec<A extends Params = Params, P extends Properties = Properties> {
  /** Chaining method in TICKscript. */
  readonly name: string
  /** `DerivativeNode`; error messages print it after `*pipeline.`. */
  readonly hostType: string
  /** First part of its name in DOT, statistics and logs: `derivative` of `derivative3`. */
  readonly kind: string
  readonly summary: string
  readonly wants: EdgeType | 'either'
  readonly provides: EdgeType | 'same' | 'none'
  /**
   * TICKscript names of the nodes that have it as chaining method. `any`: all whose output is an edge, but for the
   * sources; `every`: all, sources and terminal nodes too.
   */
  readonly offeredBy: 'any' | 'every' | readonly string[]
  readonly args: A
  /** Properties that it has beside `quiet`, which every node has. */
  readonly properties: P
  /**
   * What is wrong with the call itself (`error calling func …: TEXT`), or undefined.
   * @param edge What the node would be attached to.
   */
  readonly refuses?: (args: Readonly<Record<string, unknown>>, edge: EdgeType) => string | undefined
  /** What is wrong with the finished node (400 without position), or undefined. */
  readonly validate?: (options: OptionsOf<{ args: A; properties: P }>, node: NodeRef) => string | undefined
  /**
   * Links a node that is no plain child of its parent: stats (a new root), deadman (a macro), union (its order of
   * parents).
   */
  readonly link?: LinkHook
  /** Options that the process of a UDF node announced. Calls are kept in script order, in `options.calls`. */
  readonly udfOptions?: ReadonlyMap<string, readonly UdfValueType[]>
  /** Fields of its input that it or anything below reads. Absent: all. */
  readonly requiredFields?: (options: OptionsOf<{ args: A; properties: P }>, below: RequiredFields) => RequiredFields
  readonly examples: readonly Example[]
}

type SpecInput<A extends Params, P extends Properties> = Pick<
  NodeSpec<A, P>,
  'name' | 'summary' | 'wants' | 'provides'
> &
  Partial<NodeSpec<A, P>>

/** Completes a specification with what follows from the name. */
export function nodeSpec<const A extends Params = {}, const P extends Properties = {}>(
  spec: SpecInput<A, P>
): NodeSpec<A, P> {
  return {
    hostType: `${spec.name.charAt(0).toUpperCase()}${spec.name.slice(1)}Node`,
    kind: spec.name,
    offeredBy: 'any',
    args: {} as A,
    properties: {} as P,
    examples: [],
    ...spec
  }
}
