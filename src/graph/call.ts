import type { CallNode, ChainNode } from '../tick/ast.ts'
import { hostTypeOf, type ScriptValue } from '../tick/value.ts'
import { bindArguments, expandList } from './arguments.ts'
import { linkDefault, type ScriptGraph } from './builder.ts'
import type { GraphNode } from './graph.ts'
import { argumentError, capitalise, hasProperty, setProperty } from './members.ts'
import type { NodeDefinition } from './node.ts'
import { callError, errorAt, ScriptError } from './script-error.ts'
import { t } from './spec.ts'
import { nodeOf, TIME_FUNCTION, type View, viewOf } from './views.ts'

/** What calls can reach beyond the object that they are made on. */
export interface Callables {
  readonly graph: ScriptGraph
  /** Definitions of chain methods by capitalised name. */
  readonly methods: ReadonlyMap<string, NodeDefinition>
  readonly udfs: ReadonlyMap<string, NodeDefinition>
}

/** `left|name(args)`, `left.name(args)`, `left@name(args)`. */
export function callOn(
  left: ScriptValue,
  operator: ChainNode['operator'],
  call: CallNode,
  args: readonly ScriptValue[],
  callables: Callables
): ScriptValue {
  const { name, at } = call
  const view = viewOf(left)
  if (view === undefined) throw callOnPlainValue(left, operator, call, callables)

  const method = findMethod(view, name, callables)
  const udf = callables.udfs.get(name)
  if (operator === '|' && method !== undefined) return chain(view, method, call, args, callables.graph)
  if (operator === '.' && hasProperty(view, name)) return { type: 'object', value: setProperty(view, name, args, at) }
  if (operator === '@' && udf !== undefined) {
    const parent = nodeOf(view)
    const node = callables.graph.make(udf, {}, parent.provides ?? parent.wants)
    return { type: 'object', value: linkDefault(callables.graph, parent, node) }
  }

  // Nothing answers to this operator: say which one would have been right.
  const wrong = { '|': 'no chaining method', '.': 'no property method', '@': 'no dynamic method' }[operator]
  const instead = (kind: string, right: ChainNode['operator']) =>
    errorAt(
      at,
      `${wrong} "${name}" on ${view.hostType}, but ${kind} does exist. Use '${right}' operator instead: 'node${right}${name}(..)'.`
    )
  if (operator !== '.' && hasProperty(view, name)) throw instead('property', '.')
  if (operator !== '|' && method !== undefined) throw instead('chaining method', '|')
  if (operator !== '@' && udf !== undefined) throw instead('dynamic method', '@')
  throw errorAt(at, `no method or property "${name}" on ${view.hostType}`)
}

/** A call without an object: only `time` is a function. `found` is what the name stands for in the script. */
export function callGlobal(call: CallNode, given: readonly ScriptValue[], found: ScriptValue | undefined): ScriptValue {
  const { name, at } = call
  if (found === undefined) throw errorAt(at, `no global function "${name}" defined`)
  if (found.type !== 'object' || found.value !== TIME_FUNCTION) {
    throw callError(at, name, '<nil>', `reflect: call of reflect.Value.Call on ${KINDS[found.type]} Value`)
  }
  const args = expandList(given)
  const bound = bindArguments(TIME_PARAMS, args)
  if (!bound.ok) throw argumentError(at, name, '<nil>', bound.error)
  if (args.length > 2) throw errorAt(at, `time() function expects 1 or 2 args, got ${args.length}`)
  const { every, offsets } = bound.values as { every: bigint; offsets: readonly bigint[] }
  return { type: 'timeDimension', every, offset: offsets[0] ?? 0n }
}

const TIME_PARAMS = {
  every: t.duration('Length of the intervals.'),
  offsets: t.rest(t.duration('Shift of their boundaries.'))
}

/** Go's kinds of the types of values. */
const KINDS: Readonly<Record<ScriptValue['type'], string>> = {
  int: 'int64',
  float: 'float64',
  string: 'string',
  boolean: 'bool',
  duration: 'int64',
  regex: 'ptr',
  lambda: 'ptr',
  list: 'slice',
  star: 'ptr',
  reference: 'ptr',
  object: 'ptr',
  function: 'func',
  timeDimension: 'struct',
  nothing: 'zero'
}

function findMethod(view: View, written: string, { methods }: Callables): NodeDefinition | undefined {
  const definition = methods.get(capitalise(written))
  return definition !== undefined && isOffered(definition, nodeOf(view)) ? definition : undefined
}

function isOffered({ spec: { offeredBy } }: NodeDefinition, parent: GraphNode): boolean {
  if (offeredBy === 'every') return true
  const isTaskSource = parent.id === 0
  if (offeredBy === 'any') return parent.provides !== undefined && !isTaskSource
  return offeredBy.includes(parent.spec.name)
}

/** Makes the node of a chaining method and links it. */
function chain(
  view: View,
  definition: NodeDefinition,
  { name, at }: CallNode,
  args: readonly ScriptValue[],
  graph: ScriptGraph
): ScriptValue {
  const { spec } = definition
  const parent = nodeOf(view)
  const edge = parent.provides ?? parent.wants
  const bound = bindArguments(spec.args, expandList(args))
  if (!bound.ok) throw argumentError(at, name, view.hostType, bound.error)
  const problem = spec.refuses?.(bound.values, edge)
  if (problem !== undefined) throw callError(at, name, view.hostType, problem)
  const self = graph.make(definition, bound.values, edge)
  return { type: 'object', value: (spec.link ?? linkDefault)(graph, parent, self) }
}

function callOnPlainValue(
  left: ScriptValue,
  operator: ChainNode['operator'],
  { name, at }: CallNode,
  { udfs }: Callables
): ScriptError {
  switch (left.type) {
    case 'nothing':
      return errorAt(at, 'object is invalid <nil> of type <nil>')
    case 'regex':
    case 'lambda':
    case 'star':
    case 'reference':
      if (operator === '@' && udfs.has(name)) return new ScriptError(`cannot call udf on ${hostTypeOf(left)}`)
      return errorAt(at, `no method or property "${name}" on ${hostTypeOf(left)}`)
    default:
      return errorAt(at, 'cannot get properties of non pointer value')
  }
}
