import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type LambdaInstance, FAILED, TRUE } from '../lambda/contract.ts'
import { Batch } from '../model/batch.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Point } from '../model/point.ts'
import { compileOrRefuse, referencesOf } from './lambda.ts'

const spec = nodeSpec({
  name: 'where',
  wants: 'either',
  provides: 'same',
  summary: 'Passes on the points for which a condition holds.',
  args: { condition: t.lambda('Condition on fields, tags and time.') },
  properties: {},
  requiredFields: ({ condition }, below) => unionOfFields(referencesOf(condition), below),
  examples: [
    {
      script: `stream|from()|where(lambda: "n" > 1)`,
      input: 'm n=1i 1s\nm n=2i 2s\nm x=1 3s\nm n=4i 4s\nm n=5i 6s\nm x=1 7s',
      output: 'm n=2i 2s\nm n=4i 4s\nm n=5i 6s'
    }
  ]
})

class Where extends GroupedNode<OptionsOf<typeof spec>, LambdaInstance> {
  readonly #condition

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#condition = compileOrRefuse(options.condition, 'Failed to compile expression in where clause: ')
  }

  protected override createState(): LambdaInstance {
    return this.#condition.instantiate()
  }

  override point(point: Point): void {
    if (this.#holds(this.stateOf(point.group), point)) this.emit(point)
  }

  /** A batch of which nothing is left is still a batch. */
  override batch(batch: Batch): void {
    const condition = this.stateOf(batch.group)
    const points: Point[] = []
    for (const point of batch.points) if (this.#holds(condition, point)) points.push(point)
    const isWhole = points.length === batch.points.length
    this.emitBatch(isWhole ? batch : new Batch(batch.name, batch.group, batch.tmax, points))
  }

  #holds(condition: LambdaInstance, point: Point): boolean {
    const verdict = condition.test(point)
    if (verdict === FAILED) this.error('error while evaluating expression', { err: condition.error })
    return verdict === TRUE
  }
}

export default defineNode(spec, Where)
