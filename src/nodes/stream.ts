import type { Edge } from '../graph/edge.ts'
import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import { probe } from '../graph/probe.ts'
import { isStagedReader } from '../graph/staged-reader.ts'
import { nodeSpec, type OptionsOf } from '../graph/spec.ts'
import { Point } from '../model/point.ts'
import type { Series } from '../model/series.ts'
import type { Staged } from '../model/staged.ts'

const spec = nodeSpec({
  name: 'stream',
  wants: 'stream',
  provides: 'stream',
  summary: 'Source of a stream task: every point written to its databases and retention policies.',
  offeredBy: [],
  demand: (_options, below) => below,
  examples: [{ script: 'stream|from()', input: 'cpu v=1 1s', output: 'cpu v=1 1s' }]
})

/** Copies what comes in to every child. Only what one of its `from` nodes asks for by measurement comes in. */
export class StreamSource extends Node<OptionsOf<typeof spec>> {
  /** Empty: every measurement. */
  readonly #measurements: ReadonlySet<string>
  /** On a series: whether it is wanted. */
  readonly #slot: number
  #collected = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const wanted = context.node.children.map(({ options }) => options['measurement'] as string | undefined)
    this.#measurements = new Set(wanted.includes('') ? [] : wanted.filter((name) => name !== undefined))
    this.#slot = context.newSeriesSlot()
  }

  /** A source has no edge that counts. */
  override get collected(): number {
    return this.#collected
  }

  /** Points as the parser staged them. The first few of some bodies go one by one, timed by the probe. */
  readStaged(staged: Staged): void {
    const wanted = this.#measurements.size === 0 ? staged.length : this.#countWanted(staged)
    if (wanted === 0) return
    this.#collected += wanted
    const sampled = wanted === staged.length ? probe.samplesOf(wanted) : 0
    for (let i = this.out.length - 1; i >= 0; i--) {
      const edge = this.out[i]!
      const reader = edge.observed === undefined && isStagedReader(edge.to) ? edge.to : undefined
      probe.isActive = sampled > 0
      this.#sendOn(edge, staged, reader === undefined ? staged.length : sampled)
      probe.isActive = false
      if (reader === undefined) continue
      edge.count += wanted - sampled
      reader.readStaged(staged, sampled)
    }
  }

  /** A point from elsewhere than the ingest: replays and tests. */
  override point(point: Point): void {
    if (!this.#wants(point.series)) return
    this.#collected++
    this.emit(point)
  }

  #countWanted({ series, length }: Staged): number {
    let wanted = 0
    for (let i = 0; i < length; i++) if (this.#wants(series[i]!)) wanted++
    return wanted
  }

  #wants(series: Series): boolean {
    const known = series.slots[this.#slot] as boolean | undefined
    if (known !== undefined) return known
    const wants = this.#measurements.size === 0 || this.#measurements.has(series.name)
    series.slots[this.#slot] = wants
    return wants
  }

  #sendOn(edge: Edge, { series, times, schemas, values }: Staged, end: number): void {
    const { nil } = this.context.groups
    for (let i = 0; i < end; i++) {
      if (this.#wants(series[i]!)) edge.point(new Point(series[i]!, nil, times[i]!, schemas[i]!, values[i]!))
    }
  }
}

export default defineNode(spec, StreamSource)
