import type { Dbrp } from '../model/dbrp.ts'
import type { Program } from '../tick/ast.ts'
import { refuse, type Result, succeed } from '../tick/result.ts'
import type { ScriptValue } from '../tick/value.ts'
import { bindArguments } from './arguments.ts'
import { linkDefault, ScriptGraph } from './builder.ts'
import { type Declaration, Declarations } from './declarations.ts'
import { executionOrder } from './dot.ts'
import { Evaluator } from './evaluate.ts'
import type { Graph, GraphNode } from './graph.ts'
import { capitalise } from './members.ts'
import { type NodeDefinition, StartError } from './node.ts'
import { Scope } from './scope.ts'
import { ScriptError } from './script-error.ts'
import { type HandlerCall, HandlerProperty } from './spec.ts'
import type { DeadmanDefaults, EdgeType } from './link.ts'
import { TIME_FUNCTION } from './views.ts'

export interface ScriptInput {
  readonly program: Program
  /** Type of the task: says which source the script sees. */
  readonly type: EdgeType
  /** What the task supplies, by name; what the script does not declare is ignored. */
  readonly vars: ReadonlyMap<string, ScriptValue>
  /** All nodes, the two sources among them. */
  readonly nodes: readonly NodeDefinition[]
  readonly dbrps: readonly Dbrp[]
  readonly deadman: DeadmanDefaults
  /** Whether typed declarations may lack a value. */
  readonly isTemplate?: boolean
  /** UDFs by the names that scripts call them with. */
  readonly udfs?: ReadonlyMap<string, NodeDefinition>
}

export interface BuiltScript {
  readonly graph: Graph
  /** Variables that a task may supply, in the order of the script. */
  readonly declarations: readonly Declaration[]
}

/**
 * Finds out what a script means: evaluates it, which builds the graph, then validates every node. The error is the
 * original's text without `invalid TICKscript: `.
 */
export function buildGraph(input: ScriptInput): Result<BuiltScript> {
  try {
    return build(input)
  } catch (error) {
    if (error instanceof ScriptError) return { ok: false, error: error.problem }
    // Differs: a string that grows beyond all bounds exhausts the original's memory.
    if (error instanceof RangeError) return refuse('a value is too large')
    throw error
  }
}

function build(input: ScriptInput): Result<BuiltScript> {
  const { program, type, vars, nodes, dbrps, deadman, isTemplate = false, udfs = new Map() } = input
  const definitions = new Map(nodes.map((node) => [node.spec.name, node]))
  if (!definitions.has(type)) return refuse(`${type} tasks are not supported`)
  const graph = new ScriptGraph(definitions, deadman)
  const source = graph.create(type, {}, type)
  graph.addSource(source)

  const scope = new Scope()
  scope.set('time', { type: 'object', value: TIME_FUNCTION })
  scope.set(type, { type: 'object', value: source })
  const declarations = new Declarations(scope, vars, isTemplate)
  const methods = new Map(nodes.map((node) => [capitalise(node.spec.name), node]))
  new Evaluator(scope, { graph, methods, udfs }, declarations).run(program)
  if (deadman.global) addGlobalDeadman(graph, source, definitions.get('deadman')!)

  const order = executionOrder(graph)
  for (const node of order) {
    const problem = problemOf(node)
    if (problem !== undefined) return refuse(problem)
  }
  if (order.length === 1) return refuse('task does nothing')
  return succeed({ graph: { type, sources: graph.sources, nodes: order, dbrps }, declarations: declarations.found })
}

/** @throws StartError where a node's parents do not give what it takes: found when a task starts, not before. */
export function checkEdges({ nodes }: Graph): void {
  for (const node of nodes) {
    for (const { name, provides } of node.parents) {
      if (provides === undefined) {
        throw new StartError(`cannot add child no edge expected: ${name}:noedge -> ${node.name}:noedge`)
      }
      if (provides !== node.wants) {
        throw new StartError(`cannot add child mismatched edges: ${name}:${provides} -> ${node.name}:${node.wants}`)
      }
    }
  }
}

/** `deadman(threshold, interval)` on the source, as the configuration asks of every task. */
function addGlobalDeadman(graph: ScriptGraph, source: GraphNode, deadman: NodeDefinition): void {
  const bound = bindArguments(deadman.spec.args, [
    { type: 'float', value: graph.deadman.threshold },
    { type: 'duration', value: graph.deadman.interval }
  ])
  if (!bound.ok) throw new Error(bound.error)
  const self = graph.make(deadman, bound.values, source.wants)
  ;(deadman.spec.link ?? linkDefault)(graph, source, self)
}

/** What a finished node or one of its handlers says against its options. */
function problemOf(node: GraphNode): string | undefined {
  const { spec, options } = node
  const problem = spec.validate?.(options as Parameters<typeof spec.validate>[0], node)
  if (problem !== undefined) return problem
  for (const [name, property] of Object.entries(spec.properties)) {
    if (!(property instanceof HandlerProperty)) continue
    for (const call of options[name] as readonly HandlerCall[]) {
      const text = property.handler.validate?.(call.options)
      if (text !== undefined) return text
    }
  }
  return undefined
}
