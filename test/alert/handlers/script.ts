import { buildGraph } from '../../../src/graph/build.ts'
import type { HandlerCall } from '../../../src/graph/spec.ts'
import { handlerCallsOf } from '../../../src/nodes/alert/handlers.ts'
import { nodes } from '../../../src/nodes/index.ts'
import { parse } from '../../../src/tick/parser.ts'

const DEADMAN = { interval: 1n, threshold: 0, id: '', message: '', global: false }

/** The handlers that `stream|from()|alert()` and this have, or the error. */
export function callsIn(handlers: string): readonly HandlerCall[] | string {
  const program = parse(`stream|from()|alert()${handlers}`)
  if (!program.ok) return program.error.message
  const built = buildGraph({
    program: program.value,
    type: 'stream',
    vars: new Map(),
    nodes,
    dbrps: [],
    deadman: DEADMAN
  })
  if (!built.ok) return built.error.message
  return built.value.graph.nodes.flatMap((node) => (node.spec.name === 'alert' ? handlerCallsOf(node) : []))
}
