import type { Edge } from '../graph/edge.ts'
import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import type { NodeRef } from '../graph/link.ts'
import { probe } from '../graph/probe.ts'
import { isColumnReader } from '../graph/column-reader.ts'
import { nodeSpec, type OptionsOf } from '../graph/spec.ts'
import { Point } from '../model/point.ts'
import type { Series } from '../model/series.ts'
import { PointColumns } from '../model/point-columns.ts'

const spec = nodeSpec({
  name: 'stream',
  wants: 'stream',
  provides: 'stream',
  summary: 'Source of a stream task: every point written to its databases and retention policies.',
  offeredBy: [],
  requiredFields: (_options, below) => below,
  examples: [{ script: 'stream|from()', input: 'cpu v=1 1s', output: 'cpu v=1 1s' }]
})

/**
 * Copies what comes in to every child. Only what a `from` node of the graph asks for comes in: once for those that
 * name its measurement, and once more for those that name none, as in Kapacitor, which keeps a subscription for each.
 */
export class StreamSource extends Node<OptionsOf<typeof spec>> {
  /** Measurements that `from` nodes name; '' where one names none. */
  readonly #measurements: ReadonlySet<string>
  /** Slot of a series that says how often it is wanted. */
  readonly #slot: number
  readonly #doubled = new PointColumns()
  #collected = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#measurements = new Set(measurementsBelow(context.node))
    this.#slot = context.newSeriesSlot()
  }

  /** A source has no edge that counts. */
  override get collected(): number {
    return this.#collected
  }

  /** Points as the columns of the parser. The first few of some bodies go one by one, timed by the probe. */
  readColumns(columns: PointColumns): void {
    if (this.#measurements.size > 1 && this.#measurements.has('')) {
      this.#double(columns)
      this.#read(this.#doubled, this.#doubled.length)
      this.#doubled.clear()
    } else this.#read(columns, this.#measurements.has('') ? columns.length : this.#countWanted(columns))
  }

  /** A point from elsewhere than the ingest: replays and tests. */
  override point(point: Point): void {
    for (let copies = this.#copiesOf(point.series); copies > 0; copies--) {
      this.#collected++
      this.emit(point)
    }
  }

  /** @param wanted How many of the points are wanted. */
  #read(columns: PointColumns, wanted: number): void {
    if (wanted === 0) return
    this.#collected += wanted
    const sampled = wanted === columns.length ? probe.samplesOf(wanted) : 0
    for (let i = this.out.length - 1; i >= 0; i--) {
      const edge = this.out[i]!
      const reader = edge.observed === undefined && isColumnReader(edge.to) ? edge.to : undefined
      probe.isActive = sampled > 0
      this.#sendOn(edge, columns, reader === undefined ? columns.length : sampled)
      probe.isActive = false
      if (reader === undefined) continue
      edge.count += wanted - sampled
      reader.readColumns(columns, sampled)
    }
  }

  #double({ series, times, schemas, values, length }: PointColumns): void {
    for (let i = 0; i < length; i++) {
      for (let copies = this.#copiesOf(series[i]!); copies > 0; copies--) {
        this.#doubled.push(series[i]!, times[i]!, schemas[i]!, values[i]!)
      }
    }
  }

  #countWanted({ series, length }: PointColumns): number {
    let wanted = 0
    for (let i = 0; i < length; i++) if (this.#copiesOf(series[i]!) > 0) wanted++
    return wanted
  }

  #copiesOf(series: Series): number {
    const known = series.slots[this.#slot] as number | undefined
    if (known !== undefined) return known
    const copies =
      Number(this.#measurements.has(series.name)) + Number(this.#measurements.has('') && series.name !== '')
    series.slots[this.#slot] = copies
    return copies
  }

  #sendOn(edge: Edge, { series, times, schemas, values }: PointColumns, end: number): void {
    const { nil } = this.context.groups
    for (let i = 0; i < end; i++) {
      if (this.#copiesOf(series[i]!) > 0) edge.point(new Point(series[i]!, nil, times[i]!, schemas[i]!, values[i]!))
    }
  }
}

/** What `from` nodes below a node name; '' where one names none. */
export function* measurementsBelow(node: NodeRef): Generator<string> {
  for (const child of node.children) {
    const measurement = child.options['measurement']
    if (child.spec.name === 'from') yield measurement as string
    yield* measurementsBelow(child)
  }
}

export default defineNode(spec, StreamSource)
