import { SECOND } from '../core/duration.ts'
import { type Instant, nanosBetween } from '../core/instant.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type NodeState, type StateCodec, stateOfGroups } from '../graph/state.ts'
import { Batch } from '../model/batch.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Point } from '../model/point.ts'
import { loadInstant, saveInstant, type StoredInstant } from '../model/stored-points.ts'

const spec = nodeSpec({
  name: 'derivative',
  wants: 'either',
  provides: 'same',
  summary: 'Rate of change of one field between consecutive points of a group.',
  args: { field: t.string('Numeric field.') },
  properties: {
    as: t.string('Field that receives the rate.').sameAs('field'),
    unit: t.duration('Span of time that one unit of the rate covers.').default(SECOND),
    nonNegative: t.flag('Drops negative rates, such as those of a counter that starts anew.')
  },
  requiredFields: ({ field }, below) => unionOfFields(new Set([field]), below),
  examples: [{ script: `stream|from()|derivative('rx')`, input: 'net rx=0 0s\nnet rx=512 2s', output: 'net rx=256 2s' }]
})

/** The last point whose field was a number. */
interface Previous {
  time: Instant | undefined
  value: number
}

const codec: StateCodec<Previous, { readonly time: StoredInstant | null; readonly value: number }> = {
  version: 1,
  save: ({ time, value }) => ({ time: time === undefined ? null : saveInstant(time), value }),
  load: ({ time, value }) => ({ time: time === null ? undefined : loadInstant(time), value })
}

class Derivative extends GroupedNode<OptionsOf<typeof spec>, Previous> {
  readonly #unitNs: number

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#unitNs = Number(options.unit)
  }

  protected override createState(): Previous {
    return { time: undefined, value: 0 }
  }

  override get state(): NodeState {
    return stateOfGroups(this.states, codec)
  }

  override point(point: Point): void {
    const derived = this.#derive(this.stateOf(point.group), point)
    if (derived !== undefined) this.emit(derived)
  }

  /** A batch stands alone: its first point has no predecessor. */
  override batch(batch: Batch): void {
    const previous = this.stateOf(batch.group)
    previous.time = undefined
    const points: Point[] = []
    for (const point of batch.points) {
      const derived = this.#derive(previous, point)
      if (derived !== undefined) points.push(derived)
    }
    this.emitBatch(new Batch(batch.name, batch.group, batch.tmax, points))
  }

  #derive(previous: Previous, point: Point): Point | undefined {
    const { field, as, nonNegative } = this.options
    const type = point.schema.typeOf(field)
    if (type !== 'float' && type !== 'int') {
      this.error('cannot perform derivative', { err: 'field is the wrong type' })
      return undefined
    }
    const { time: last, value: lastValue } = previous
    const value = Number(point.get(field))
    previous.time = point.time
    previous.value = value
    if (last === undefined) return undefined

    const elapsedNs = nanosBetween(point.time, last)
    if (elapsedNs === 0) {
      this.error('cannot perform derivative', { err: 'elaspsed time was 0' })
      return undefined
    }
    const difference = value - lastValue
    if (nonNegative && difference < 0) return undefined
    return point.with(as, 'float', difference / (elapsedNs / this.#unitNs))
  }
}

export default defineNode(spec, Derivative)
