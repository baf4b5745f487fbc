import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf } from '../graph/spec.ts'
import type { Batch } from '../model/batch.ts'
import { SeriesCopies } from './series-copies.ts'

const spec = nodeSpec({
  name: 'trickle',
  wants: 'batch',
  provides: 'stream',
  summary: 'Turns batches into a stream of their points.',
  refuses: (_args, edge) => (edge === 'stream' ? 'cannot Trickle stream edge' : undefined),
  requiredFields: (_options, below) => below,
  examples: [
    {
      script: 'stream|from()|window().period(2s).every(2s)|trickle()',
      input: 'm,host=a v=1 1s\nm,host=a v=2 2s\nm,host=a v=3 3s',
      output: 'm,host=a v=1 1s\nm,host=a v=2 2s'
    }
  ]
})

/** Differs: feeds all of its children, or none, where Kapacitor knows only the first and fails without it. */
class Trickle extends Node<OptionsOf<typeof spec>> {
  readonly #copies: SeriesCopies

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#copies = new SeriesCopies(context)
  }

  override batch({ name, group, points }: Batch): void {
    for (const point of points) this.emit(point.withSeries(this.#copies.copyOf(point.series, '', '', name), group))
  }
}

export default defineNode(spec, Trickle)
