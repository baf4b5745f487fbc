import { isSame, type Span, spanOfNanos, truncate } from '../core/instant.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext, StartError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { Batch } from '../model/batch.ts'
import type { Point } from '../model/point.ts'
import type { ScriptValue } from '../tick/value.ts'

const spec = nodeSpec({
  name: 'sample',
  wants: 'either',
  provides: 'same',
  summary: 'Keeps every n-th point of a group, or the points whose time is a multiple of a duration.',
  args: { rate: t.any('A count or a duration.') },
  properties: {},
  refuses: ({ rate }) => {
    const { type } = rate as ScriptValue
    return type === 'int' || type === 'duration' ? undefined : 'must pass int64 or duration to new sample node'
  },
  requiredFields: (_, below) => below,
  examples: [
    { script: 'stream|from()|sample(2)', input: 'm v=1 1s\nm v=2 2s\nm v=3 3s', output: 'm v=1 1s\nm v=3 3s' },
    { script: 'stream|from()|sample(2s)', input: 'm v=1 1s\nm v=2 2s\nm v=3 3s', output: 'm v=2 2s' }
  ]
})

interface Counter {
  /** Points seen since the last one that was kept. */
  skipped: number
}

class Sample extends GroupedNode<OptionsOf<typeof spec>, Counter> {
  /** 0 where sampled by time. */
  readonly #every: number
  readonly #span: Span | undefined

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { rate } = options
    this.#every = rate.type === 'int' ? Math.abs(Number(rate.value)) : 0
    this.#span = rate.type === 'duration' && rate.value !== 0n ? spanOfNanos(rate.value) : undefined
    if (this.#every === 0 && this.#span === undefined) {
      throw new StartError('invalid sample rate: must be positive integer or duration')
    }
  }

  protected override createState(): Counter {
    return { skipped: 0 }
  }

  override point(point: Point): void {
    if (this.#keeps(this.stateOf(point.group), point)) this.emit(point)
  }

  /** Counts anew in each batch. */
  override batch(batch: Batch): void {
    const counter = this.stateOf(batch.group)
    counter.skipped = 0
    const points = batch.points.filter((point) => this.#keeps(counter, point))
    this.emitBatch(new Batch(batch.name, batch.group, batch.tmax, points))
  }

  #keeps(counter: Counter, { time }: Point): boolean {
    if (this.#span !== undefined) return isSame(truncate(time, this.#span), time)
    const isKept = counter.skipped === 0
    counter.skipped = counter.skipped + 1 === this.#every ? 0 : counter.skipped + 1
    return isKept
  }
}

export default defineNode(spec, Sample)
