import { defineNode, Node } from '../graph/node.ts'
import { probe } from '../graph/probe.ts'
import { isStagedReader } from '../graph/staged-reader.ts'
import { nodeSpec, type OptionsOf } from '../graph/spec.ts'
import { Point } from '../model/point.ts'
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

/** Copies what comes in to every child. */
export class StreamSource extends Node<OptionsOf<typeof spec>> {
  /** Points that came in: a source has no edge to count them. */
  collected = 0

  readStaged(staged: Staged): void {
    this.collected += staged.length
    for (let i = this.out.length - 1; i >= 0; i--) {
      const edge = this.out[i]!
      if (isStagedReader(edge.to) && edge.observed === undefined && !probe.isActive) {
        edge.to.readStaged(staged, edge)
        continue
      }
      const { nil } = this.context.groups
      const { series, times, schemas, values, length } = staged
      for (let at = 0; at < length; at++) {
        edge.point(new Point(series[at]!, nil, times[at]!, schemas[at]!, values[at]!))
      }
    }
  }

  /** Points from elsewhere than the ingest: replays and tests. */
  override point(point: Point): void {
    this.collected++
    this.emit(point)
  }
}

export default defineNode(spec, StreamSource)
