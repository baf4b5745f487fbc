import { plus, type Span, spanOfNanos } from '../core/instant.ts'
import { defineNode, Node, type NodeContext, StartError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier, Batch } from '../model/batch.ts'
import type { Point } from '../model/point.ts'

const spec = nodeSpec({
  name: 'shift',
  wants: 'either',
  provides: 'same',
  summary: 'Moves points and batches in time.',
  args: { by: t.duration('Span to add to each time; may be negative.') },
  properties: {},
  requiredFields: (_, below) => below,
  examples: [{ script: 'stream|from()|shift(-1m)', input: 'm v=1 70s', output: 'm v=1 10s' }]
})

/** Differs: one |shift may follow another at once, where Kapacitor refuses the script. */
class Shift extends Node<OptionsOf<typeof spec>> {
  readonly #by: Span

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    if (options.by === 0n) throw new StartError('invalid shift value: must be non zero duration')
    this.#by = spanOfNanos(options.by)
  }

  override point(point: Point): void {
    this.emit(this.#shifted(point))
  }

  override batch(batch: Batch): void {
    const points = batch.points.map((point) => this.#shifted(point))
    this.emitBatch(new Batch(batch.name, batch.group, plus(batch.tmax, this.#by), points))
  }

  // Differs: Kapacitor leaves barriers where they are, so that what follows takes shifted points for too old or too new.
  override barrier({ group, time }: Barrier): void {
    this.emitBarrier({ group, time: plus(time, this.#by) })
  }

  #shifted(point: Point): Point {
    return point.withTime(plus(point.time, this.#by))
  }
}

export default defineNode(spec, Shift)
