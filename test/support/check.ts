import t, { type Test } from 'tap'
import { SECOND } from '../../src/core/duration.ts'
import { buildGraph } from '../../src/graph/build.ts'
import { Edge } from '../../src/graph/edge.ts'
import type { DeadmanDefaults } from '../../src/graph/link.ts'
import { instantiate, type RunningGraph } from '../../src/graph/instantiate.ts'
import { NodeError } from '../../src/graph/node.ts'
import { nodes } from '../../src/nodes/index.ts'
import type { StreamSource } from '../../src/nodes/stream.ts'
import { parse } from '../../src/tick/parser.ts'
import { scriptTypeOf } from '../../src/tick/script-type.ts'
import { FakePorts } from './ports.ts'
import { Sink } from './sink.ts'
import { stage } from './text.ts'

export const deadman: DeadmanDefaults = {
  interval: 10n * SECOND,
  threshold: 0,
  id: "{{ .Group }}:NODE_NAME for task '{{ .TaskName }}'",
  message:
    '{{ .ID }} is {{ if eq .Level "OK" }}alive{{ else }}dead{{ end }}: {{ index .Fields "emitted" | printf "%0.3f" }} points/INTERVAL.',
  global: false
}

/** A script at work, with everything that its leaves let out. */
export class Harness {
  readonly ports: FakePorts
  readonly graph: RunningGraph
  /** What nodes without children emitted, as text, in order. */
  readonly output: string[] = []
  /** Why the task ended by itself. */
  failure: string | undefined

  constructor(script: string, ports = new FakePorts(), showsGroups = false) {
    this.ports = ports
    const program = parse(script)
    if (!program.ok) throw new Error(program.error.message)
    const built = buildGraph({
      program: program.value,
      type: scriptTypeOf(program.value) ?? 'stream',
      vars: new Map(),
      nodes,
      dbrps: [{ db: 'db', rp: 'rp' }],
      deadman
    })
    if (!built.ok) throw new Error(built.error.message)
    let slot = 0
    this.graph = instantiate(built.value.graph, {
      taskId: 'task',
      taskMaster: 'main',
      ports,
      newSeriesSlot: () => slot++,
      fail: (message) => (this.failure = message)
    })
    for (const node of built.value.graph.nodes) {
      if (node.children.length > 0 || node.provides === undefined) continue
      const running = this.graph.running(node)
      running.out.push(new Edge(new Sink(this.output, running.context, { showsGroups }), 0))
    }
    this.graph.start()
  }

  /** Lines of line protocol with times such as `5s`. */
  write(input: string): this {
    try {
      ;(this.graph.sources[0] as StreamSource).readColumns(stage(input))
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      this.failure = `${error.node}: ${error.message}`
    }
    return this
  }

  /** The end of the input. */
  finish(): this {
    this.graph.finish()
    this.graph.stop()
    return this
  }

  stats(node: string): Readonly<Record<string, number>> | undefined {
    return this.graph.stats().nodes[node]
  }
}

export interface Case {
  readonly script: string
  readonly input: string
  /** Lines, or one text with line ends. */
  readonly output: string | readonly string[]
  /** Errors of points that nodes reported, in order. */
  readonly errors?: readonly string[]
}

/** Runs a script over its input and compares what its leaves let out. */
export function check({ script, input, output, errors = [] }: Case, test: Test = t as unknown as Test): void {
  const harness = new Harness(script).write(input).finish()
  test.same(harness.output, typeof output === 'string' ? linesOf(output) : output, script)
  test.same(harness.ports.pointErrors, errors, `errors of points of ${script}`)
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
