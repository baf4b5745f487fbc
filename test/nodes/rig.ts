import { parseDuration } from '../../src/core/duration.ts'
import { type Instant, instantOfNanos } from '../../src/core/instant.ts'
import { defaultOptions } from '../../src/graph/builder.ts'
import { Edge } from '../../src/graph/edge.ts'
import { GraphNode } from '../../src/graph/graph.ts'
import type { Node, NodeContext, NodeDefinition } from '../../src/graph/node.ts'
import type { HttpEndpoint } from '../../src/graph/ports.ts'
import type { EdgeType } from '../../src/graph/link.ts'
import { Batch } from '../../src/model/batch.ts'
import type { Dbrp } from '../../src/model/dbrp.ts'
import { dimensionsOf, type Group, GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { Tags } from '../../src/model/series.ts'
import { FakePorts } from '../support/ports.ts'
import { Sink } from '../support/sink.ts'
import { stage } from '../support/text.ts'

export interface RigOptions {
  readonly options?: Record<string, unknown>
  readonly edge?: EdgeType
  readonly groupBy?: readonly string[]
  readonly byName?: boolean
  readonly dbrps?: readonly Dbrp[]
  /** Lets the child fold batches: what it is handed comes out as text like a batch. */
  readonly folds?: boolean
}

/**
 * One node on its own, for what no script can bring about: barriers, deletes and the order of several sources. Its
 * child is a `Sink` that shows barriers and deletes.
 */
export class Rig {
  readonly ports = new FakePorts()
  readonly groups = new GroupRegistry()
  readonly failures: string[] = []
  readonly node: Node
  readonly context: NodeContext
  readonly #out: string[] = []
  readonly #settings: RigOptions
  #slots = 0

  /** @param endpoints Configured for httpPost. */
  constructor(definition: NodeDefinition, settings: RigOptions = {}, endpoints: Record<string, HttpEndpoint> = {}) {
    this.#settings = settings
    Object.assign(this.ports.endpoints, endpoints)
    const { options = {}, edge = 'stream', dbrps = [] } = settings
    const graphNode = new GraphNode(definition, { quiet: false, ...defaultOptions(definition.spec, options) }, edge)
    graphNode.id = 2
    this.context = {
      name: graphNode.name,
      taskId: 'task',
      taskMaster: 'main',
      node: graphNode,
      edge,
      groups: this.groups,
      ports: this.ports,
      dbrps,
      newSlot: () => this.#slots++,
      newSeriesSlot: () => this.#slots++,
      running: () => this.node,
      fail: (message) => this.failures.push(message)
    }
    this.node = definition.create(graphNode.options, this.context)
    this.node.out.push(
      new Edge(new Sink(this.#out, this.context, { showsGroups: true, folds: settings.folds === true }), 0)
    )
  }

  /** What came out since the last call. */
  get out(): string[] {
    return this.#out.splice(0)
  }

  /** @param key As in `m,host=a`. */
  group(key: string): Group {
    const { groupBy = [], byName = false } = this.#settings
    const [name = '', ...tags] = key.split(',')
    return this.groups.get(
      name,
      Tags.of(tags.map((tag) => tag.split('=') as [string, string])),
      dimensionsOf(byName, groupBy)
    )
  }

  /** @param line As in `m,host=a v=1,n=2i 5s`. */
  make(line: string): Point {
    const { series, times, schemas, values } = stage(line)
    const { groupBy = [], byName = false } = this.#settings
    const group = this.groups.get(series[0]!.name, series[0]!.tags, dimensionsOf(byName, groupBy))
    return new Point(series[0]!, group, times[0]!, schemas[0]!, values[0]!)
  }

  /** @param lines Points of one group. @param key Name and tags of the batch where there are none. */
  batch(tmax: string, lines: readonly string[], key = 'm'): Batch {
    const points = lines.map((line) => this.make(line))
    const [first] = points
    return new Batch(first?.name ?? key.split(',')[0]!, first?.group ?? this.group(key), timeOf(tmax), points)
  }

  point(line: string, source = 0): this {
    this.node.point(this.make(line), source)
    return this
  }

  barrier(key: string, time: string, source = 0): this {
    this.node.barrier({ group: this.group(key), time: timeOf(time) }, source)
    return this
  }

  delete(key: string, source = 0): this {
    this.node.deleteGroup(this.group(key), source)
    return this
  }
}

export function timeOf(text: string): Instant {
  return instantOfNanos(parseDuration(text)!)
}
