import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { Batch } from '../model/batch.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Point } from '../model/point.ts'

const spec = nodeSpec({
  name: 'changeDetect',
  wants: 'either',
  provides: 'same',
  summary: 'Passes on a point where one of some fields differs from the last point that was passed on.',
  args: { fields: t.rest(t.string('Fields to compare.')) },
  properties: {},
  requiredFields: ({ fields }, below) => unionOfFields(new Set(fields), below),
  examples: [
    {
      script: `stream|from()|changeDetect('v')`,
      input: 'm v=1 1s\nm v=1 2s\nm v=1i 3s\nm v=2 4s\nm x=1 5s\nm v=2 6s',
      output: 'm v=1 1s\nm v=1i 3s\nm v=2 4s'
    }
  ]
})

interface Last {
  emitted: Point | undefined
}

class ChangeDetect extends GroupedNode<OptionsOf<typeof spec>, Last> {
  protected override createState(): Last {
    return { emitted: undefined }
  }

  override point(point: Point): void {
    if (this.#isChange(this.stateOf(point.group), point)) this.emit(point)
  }

  /** A batch stands alone: its first point is a change. */
  override batch(batch: Batch): void {
    const last = this.stateOf(batch.group)
    last.emitted = undefined
    const points = batch.points.filter((point) => this.#isChange(last, point))
    this.emitBatch(new Batch(batch.name, batch.group, batch.tmax, points))
  }

  #isChange(last: Last, point: Point): boolean {
    const { emitted } = last
    for (const field of this.options.fields) {
      const index = point.schema.indexOf(field)
      const type = point.schema.types[index]
      if (type === undefined || type === 'null') {
        this.error('Invalid field in change detect', { err: `expected field ${field} not found` })
        continue
      }
      const old = emitted === undefined ? -1 : emitted.schema === point.schema ? index : emitted.schema.indexOf(field)
      // The type counts: 1 and 1i differ.
      if (old < 0 || emitted!.values[old] !== point.values[index] || emitted!.schema.types[old] !== type) {
        last.emitted = point
        return true
      }
    }
    return false
  }
}

export default defineNode(spec, ChangeDetect)
