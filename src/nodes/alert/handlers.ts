import { handlerSpecs } from '../../alert/handlers/index.ts'
import { defaultOptions } from '../../graph/builder.ts'
import type { NodeRef } from '../../graph/link.ts'
import { type HandlerCall, type HandlerProperty, type HandlerSpec, t } from '../../graph/spec.ts'

/** The handler methods that scripts can call on an alert node. */
export const handlerProperties: Readonly<Record<string, HandlerProperty>> = Object.fromEntries(
  handlerSpecs.map((handler) => [handler.name, t.handler(handler)])
)

/** The handlers of an alert node: those that its script put on it, and the global ones of other kinds. */
export function handlerCallsOf(node: NodeRef, globalKinds: readonly string[] = []): HandlerCall[] {
  const calls = handlerSpecs.flatMap(({ name }) => (node.options[name] as HandlerCall[] | undefined) ?? [])
  const globals = handlerSpecs.filter(
    ({ kind }) => globalKinds.includes(kind) && !calls.some((call) => call.kind === kind)
  )
  return [...calls, ...globals.map(bareCall)]
}

/** A call as if the script had called the method without arguments. */
function bareCall(handler: HandlerSpec): HandlerCall {
  const rests = Object.entries(handler.args).filter(([, { isRest }]) => isRest)
  return { kind: handler.kind, options: defaultOptions(handler, Object.fromEntries(rests.map(([name]) => [name, []]))) }
}

/** The topic that stands between an alert node and its own handlers. */
export function anonymousTopic(taskMaster: string, taskId: string, node: NodeRef): string {
  return `${taskMaster}:${taskId}:${node.name}`
}
