import { SECOND } from '../core/duration.ts'
import { type Instant, nanosBetween } from '../core/instant.ts'
import { defineNode } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Point } from '../model/point.ts'
import { loadInstant, saveInstant, type StoredInstant } from '../model/stored-points.ts'
import { referencesOf } from './lambda.ts'
import { StateTracking, type Tracker } from './state-tracker.ts'

const spec = nodeSpec({
  name: 'stateDuration',
  kind: 'state_duration',
  wants: 'either',
  provides: 'same',
  summary: 'Measures for how long the points of a group have been in a state.',
  args: { state: t.lambda('Condition that says whether a point is in the state.') },
  properties: {
    as: t.string('Field that receives the duration; -1 outside of the state.').default('state_duration'),
    unit: t.duration('Unit of the duration.').default(SECOND)
  },
  requiredFields: ({ state }, below) => unionOfFields(referencesOf(state), below),
  examples: [
    {
      script: `stream|from()|stateDuration(lambda: "v" > 5)`,
      input: 'm v=1 1s\nm v=7 2s\nm v=9 4s\nm v=2 6s\nm v=6 7s',
      output:
        'm v=1,state_duration=-1 1s\nm v=7,state_duration=0 2s\nm v=9,state_duration=2 4s\n' +
        'm v=2,state_duration=-1 6s\nm v=6,state_duration=0 7s'
    }
  ]
})

class Stopwatch implements Tracker {
  readonly #as: string
  readonly #unitNs: number
  #start: Instant | undefined

  constructor(as: string, unit: bigint) {
    this.#as = as
    this.#unitNs = Number(unit)
  }

  reset(): void {
    this.#start = undefined
  }

  inside(point: Point): Point {
    this.#start ??= point.time
    return point.with(this.#as, 'float', nanosBetween(point.time, this.#start) / this.#unitNs)
  }

  outside(point: Point): Point {
    return point.with(this.#as, 'float', -1)
  }

  save(): StoredInstant | null {
    return this.#start === undefined ? null : saveInstant(this.#start)
  }

  load(stored: StoredInstant | null): void {
    this.#start = stored === null ? undefined : loadInstant(stored)
  }
}

class StateDuration extends StateTracking<OptionsOf<typeof spec>> {
  protected override createTracker(): Tracker {
    return new Stopwatch(this.options.as, this.options.unit)
  }
}

export default defineNode(spec, StateDuration)
