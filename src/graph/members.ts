import type { Position } from '../tick/ast.ts'
import type { ScriptValue } from '../tick/value.ts'
import { bindArguments, bindField, type Bound, expandList, readField, REFERENCE_FOR_STRING } from './arguments.ts'
import { defaultOptions } from './builder.ts'
import type { GraphNode } from './graph.ts'
import { callError, errorAt, type ScriptError } from './script-error.ts'
import { FlagProperty, type HandlerCall, HandlerProperty, Param, type Properties, type Property } from './spec.ts'
import { callUdfOption, findUdfOption } from './udf-options.ts'
import { HandlerView, NodeData, nodeOf, type View } from './views.ts'

/** A property that a script can name on a view, and the options that it sets. */
interface Member {
  /** Name in the specification. */
  readonly name: string
  readonly property: Property<unknown>
  readonly options: Record<string, unknown>
}

const QUIET = new FlagProperty('Keeps its errors out of the log.')

export function hasProperty(view: View, name: string): boolean {
  return findUdfOption(nodeOf(view), name) !== undefined || findMember(view, name) !== undefined
}

/** `.name(args)`. The caller has asked `hasProperty`. @returns What the script can go on with. */
export function setProperty(view: View, name: string, given: readonly ScriptValue[], at: Position): View {
  const args = expandList(given)
  const udfOption = findUdfOption(nodeOf(view), name)
  if (udfOption !== undefined) {
    callUdfOption(nodeOf(view), name, udfOption, args, at)
    return view
  }

  const { name: key, property, options } = findMember(view, name)!
  const accept = (bound: Bound) => {
    if (!bound.ok) throw argumentError(at, name, view.hostType, bound.error)
    return bound.values
  }
  if (property instanceof Param) {
    if (args.length !== 1) {
      throw errorAt(at, `too many arguments to set property ${capitalise(name)} on ${view.hostType}`)
    }
    options[property.aliasOf ?? key] = accept(bindField(key, property, args[0]!))[key]
    return view
  }
  switch (property.member) {
    case 'flag':
      accept(bindArguments({}, args))
      options[key] = true
      break
    case 'call': {
      const values = accept(bindArguments(property.params, args))
      const value = property.isList ? Object.values(values)[0] : values
      if (property.isAll) (options[key] as unknown[]).push(value)
      else if (property.merge !== undefined && options[key] !== undefined) {
        property.merge(options[key] as never, value as never)
      } else options[key] = value
      break
    }
    case 'handler': {
      const { handler } = property
      const values = accept(bindArguments(handler.args, args))
      const call: HandlerCall = { kind: handler.kind, options: defaultOptions(handler, values) }
      ;(options[key] as HandlerCall[]).push(call)
      return new HandlerView(nodeOf(view), handler, call)
    }
  }
  const isOwn = options !== nodeOf(view).options
  return isOwn || property === QUIET || !hasHandlers(nodeOf(view)) ? view : new NodeData(nodeOf(view))
}

/** `.name`: the value of a plain field. */
export function readProperty(view: View, name: string, at: Position): ScriptValue {
  const member = findMember(view, name)
  // Differs: reading what a method sets is an error too, where the original drops the connection.
  if (!(member?.property instanceof Param)) {
    throw errorAt(at, `object ${view.hostType} has no property ${name}`)
  }
  return readField(member.property, member.options[member.property.aliasOf ?? member.name])
}

/** Why a method or a field does not take its arguments. */
export function argumentError(at: Position, name: string, callee: string, reason: string): ScriptError {
  return reason === REFERENCE_FOR_STRING ? errorAt(at, reason) : callError(at, name, callee, reason)
}

/** Names match after their first letter was made a capital. */
export function capitalise(name: string): string {
  const first = String.fromCodePoint(name.codePointAt(0)!)
  return first.toUpperCase() + name.slice(first.length)
}

function findMember(view: View, written: string): Member | undefined {
  const capital = capitalise(written)
  const node = nodeOf(view)
  if (view instanceof HandlerView) {
    const own = tableOf(view.spec.properties).get(capital)
    if (own !== undefined) return { ...own, options: view.call.options }
  }
  const found = tableOf(node.spec.properties).get(capital)
  if (found !== undefined) return { ...found, options: node.options }
  return capital === 'Quiet' ? { name: 'quiet', property: QUIET, options: node.options } : undefined
}

type MemberEntry = Pick<Member, 'name' | 'property'>
const tables = new WeakMap<Properties, ReadonlyMap<string, MemberEntry>>()

/** Properties by capitalised name. */
function tableOf(properties: Properties): ReadonlyMap<string, MemberEntry> {
  let table = tables.get(properties)
  if (table === undefined) {
    table = new Map(Object.entries(properties).map(([name, property]) => [capitalise(name), { name, property }]))
    tables.set(properties, table)
  }
  return table
}

function hasHandlers({ spec }: GraphNode): boolean {
  return Object.values(spec.properties).some((property) => property instanceof HandlerProperty)
}
