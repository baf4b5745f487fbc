import { defineNode, Node } from '../graph/node.ts'
import { nodeSpec, type OptionsOf } from '../graph/spec.ts'

const spec = nodeSpec({
  name: 'batch',
  wants: 'batch',
  provides: 'batch',
  summary: 'Source of a batch task: its queries.',
  offeredBy: []
})

/** Emits nothing itself: each query below it brings its own batches. */
class BatchSource extends Node<OptionsOf<typeof spec>> {
  override get collected(): number {
    const { children } = this.context.node
    return children.reduce((sum, child) => sum + (this.context.running(child).collected ?? 0), 0)
  }
}

export default defineNode(spec, BatchSource)
