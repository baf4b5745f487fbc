import { parseDuration } from '../../src/core/duration.ts'
import { type Instant, instantOfNanos } from '../../src/core/instant.ts'
import { defaultOptions } from '../../src/graph/builder.ts'
import { Edge } from '../../src/graph/edge.ts'
import { GraphNode } from '../../src/graph/graph.ts'
import { Node, type NodeContext, type NodeDefinition } from '../../src/graph/node.ts'
import type { BatchFolder } from '../../src/graph/receiver.ts'
import type { HttpEndpoint } from '../../src/graph/ports.ts'
import type { EdgeType } from '../../src/graph/link.ts'
import { type Barrier, Batch } from '../../src/model/batch.ts'
import type { Dbrp } from '../../src/model/dbrp.ts'
import { dimensionsOf, type Group, GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { Tags } from '../../src/model/series.ts'
import { FakePorts } from '../support/ports.ts'
import { formatBatch, formatPoint, formatTime, stage } from '../support/text.ts'

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
 * child writes down what it gets, as `support/text.ts` does; also `barrier host=a 5s` and `delete host=a`.
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
    this.node.out.push(new Edge(new Sink(this.#out, this.context, settings.folds === true), 0))
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

class Sink extends Node {
  readonly #out: string[]
  readonly #folder: BatchFolder | undefined

  constructor(out: string[], context: NodeContext, folds: boolean) {
    super({ quiet: false }, context)
    this.#out = out
    if (folds) this.#folder = foldInto((batch) => this.batch(batch))
  }

  override get folder(): BatchFolder | undefined {
    return this.#folder
  }

  override point(point: Point): void {
    this.#out.push(formatPoint(point))
  }

  override batch(batch: Batch): void {
    this.#out.push(formatBatch(batch))
  }

  override barrier({ group, time }: Barrier): void {
    this.#out.push(`barrier ${group.id} ${formatTime(time)}`)
  }

  override deleteGroup(group: Group): void {
    this.#out.push(`delete ${group.id}`)
  }
}

function foldInto(emit: (batch: Batch) => void): BatchFolder {
  const open = new Map<Group, Point[]>()
  return {
    add(point) {
      const points = open.get(point.group)
      if (points === undefined) open.set(point.group, [point])
      else points.push(point)
    },
    close(group, name, tmax) {
      const points = open.get(group) ?? []
      open.delete(group)
      emit(new Batch(name, group, tmax, points))
    },
    discard: (group) => void open.delete(group)
  }
}

export function timeOf(text: string): Instant {
  return instantOfNanos(parseDuration(text)!)
}
