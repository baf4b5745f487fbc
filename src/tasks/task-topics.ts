import type { Graph, GraphNode } from '../graph/graph.ts'
import type { HandlerCall } from '../graph/spec.ts'
import { anonymousTopic, handlerCallsOf } from '../nodes/alert/handlers.ts'

/** A topic that stands between an alert node and the handlers that its script puts on it. */
export interface TaskTopic {
  readonly topic: string
  readonly handlers: readonly HandlerCall[]
}

/** First part of the topics' names for what runs live. */
export const TASK_MASTER = 'main'

/** @param globalKinds Handlers that every alert gets. */
export function taskTopicsOf(
  taskMaster: string,
  taskId: string,
  { nodes }: Graph,
  globalKinds: readonly string[]
): TaskTopic[] {
  return nodes.flatMap((node) => {
    if (node.spec.name !== 'alert') return []
    const handlers = handlerCallsOf(node, globalKinds)
    return handlers.length === 0 ? [] : [{ topic: anonymousTopic(taskMaster, taskId, node), handlers }]
  })
}

/** Topics that its alert nodes may have had of their own: with other global handlers others have one. */
export function possibleTopicsOf(taskMaster: string, taskId: string, { nodes }: Graph): string[] {
  return nodes.filter(({ spec }) => spec.name === 'alert').map((node) => anonymousTopic(taskMaster, taskId, node))
}

/** Topics that a script names. */
export function namedTopicsOf(nodes: readonly GraphNode[]): string[] {
  return nodes.flatMap(({ spec, options }) =>
    spec.name === 'alert' && typeof options.topic === 'string' && options.topic !== '' ? [options.topic] : []
  )
}
