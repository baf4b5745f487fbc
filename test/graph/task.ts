import { parseJson } from '../../src/core/json.ts'
import { messageOf } from '../../src/core/errors.ts'
import { buildGraph, checkEdges } from '../../src/graph/build.ts'
import type { Graph } from '../../src/graph/graph.ts'
import { instantiate } from '../../src/graph/instantiate.ts'
import { StartError } from '../../src/graph/node.ts'
import { nodes } from '../../src/nodes/index.ts'
import { type Result, succeed } from '../../src/tick/result.ts'
import { parse } from '../../src/tick/parser.ts'
import { dbrpsOf, scriptTypeOf } from '../../src/tick/script-type.ts'
import { checkVars, decodeVars, scriptValues } from '../../src/tick/vars.ts'
import { FakePorts } from '../support/ports.ts'
import { noDeadman } from './script.ts'

/** What defining a task answers: the graph, or the words of Kapacitor. */
export function define(script: string, vars: unknown = {}): Result<Graph> {
  const json = parseJson(JSON.stringify(vars))
  const decoded = decodeVars(json.ok ? json.value : undefined)
  if (!decoded.ok) return decoded
  const checked = checkVars(decoded.value)
  if (!checked.ok) return checked
  const program = parse(script)
  if (!program.ok) return invalid(program.error.message)
  const type = scriptTypeOf(program.value)
  if (type === undefined) return { ok: false, error: { message: 'invalid task type: invalid' } }
  const values = scriptValues(checked.value)
  if (!values.ok) return invalid(values.error.message)
  const built = buildGraph({
    program: program.value,
    type,
    vars: values.value,
    nodes,
    dbrps: dbrpsOf(program.value),
    deadman: noDeadman
  })
  return built.ok ? succeed(built.value.graph) : invalid(built.error.message)
}

function invalid(message: string): Result<never> {
  return { ok: false, error: { message: `invalid TICKscript: ${message}` } }
}

/** What enabling it answers, '' where it starts. */
export function startErrorOf(graph: Graph): string {
  let slots = 0
  try {
    checkEdges(graph)
    const running = instantiate(graph, {
      taskId: 'task',
      taskMaster: 'main',
      ports: new FakePorts(),
      newSeriesSlot: () => slots++,
      fail: () => undefined
    })
    running.start()
    running.finish()
    running.stop()
    return ''
  } catch (error) {
    if (error instanceof StartError) return messageOf(error)
    throw error
  }
}
