import { defineNode, Node } from '../graph/node.ts'
import { nodeSpec } from '../graph/spec.ts'
import type { Batch } from '../model/batch.ts'
import type { Point } from '../model/point.ts'

const spec = nodeSpec({
  name: 'noop',
  hostType: 'NoOpNode',
  wants: 'either',
  provides: 'same',
  summary: 'Passes everything on. Scripts cannot make one: stats and deadman put it below a node without children.',
  offeredBy: [],
  requiredFields: (_, below) => below
})

class Noop extends Node {
  override point(point: Point): void {
    this.emit(point)
  }

  override batch(batch: Batch): void {
    this.emitBatch(batch)
  }
}

export default defineNode(spec, Noop)
