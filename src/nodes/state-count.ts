import { defineNode } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Point } from '../model/point.ts'
import { referencesOf } from './lambda.ts'
import { StateTracking, type Tracker } from './state-tracker.ts'

const spec = nodeSpec({
  name: 'stateCount',
  kind: 'state_count',
  wants: 'either',
  provides: 'same',
  summary: 'Counts the consecutive points of a group that are in a state.',
  args: { state: t.lambda('Condition that says whether a point is in the state.') },
  properties: { as: t.string('Field that receives the count; -1 outside of the state.').default('state_count') },
  requiredFields: ({ state }, below) => unionOfFields(referencesOf(state), below),
  examples: [
    {
      script: `stream|from()|stateCount(lambda: "v" > 5)`,
      input: 'm v=1 1s\nm v=7 2s\nm v=9 4s\nm v=2 6s\nm v=6 7s',
      output:
        'm v=1,state_count=-1i 1s\nm v=7,state_count=1i 2s\nm v=9,state_count=2i 4s\n' +
        'm v=2,state_count=-1i 6s\nm v=6,state_count=1i 7s'
    }
  ]
})

class Count implements Tracker {
  readonly #as: string
  #count = 0

  constructor(as: string) {
    this.#as = as
  }

  reset(): void {
    this.#count = 0
  }

  inside(point: Point): Point {
    this.#count++
    return point.with(this.#as, 'int', this.#count)
  }

  outside(point: Point): Point {
    return point.with(this.#as, 'int', -1)
  }

  save(): number {
    return this.#count
  }

  load(stored: number): void {
    this.#count = stored
  }
}

class StateCount extends StateTracking<OptionsOf<typeof spec>> {
  protected override createTracker(): Tracker {
    return new Count(this.options.as)
  }
}

export default defineNode(spec, StateCount)
