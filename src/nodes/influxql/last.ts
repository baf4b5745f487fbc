import { compareBytes } from '../../model/bytes.ts'
import type { Point } from '../../model/point.ts'
import type { Int, Value } from '../../model/value.ts'
import { field } from './function.ts'
import { BestPoint, isEarlier, selector } from './selector.ts'

abstract class Last<V extends Value> extends BestPoint<V> {
  /** Decides between points of one time. */
  protected abstract wins(value: V, best: V): boolean

  protected override isBetter(value: V, point: Point, best: V, bestPoint: Point): boolean {
    return isEarlier(bestPoint, point) || (!isEarlier(point, bestPoint) && this.wins(value, best))
  }
}

class LastNumber extends Last<Int> {
  protected override wins(value: Int, best: Int): boolean {
    return value > best
  }
}

class LastString extends Last<string> {
  protected override wins(value: string, best: string): boolean {
    return compareBytes(value, best) > 0
  }
}

class LastBoolean extends Last<boolean> {
  protected override wins(value: boolean, best: boolean): boolean {
    return value && !best
  }
}

export default selector({
  name: 'last',
  summary: 'The latest point; of equal times the one with the larger value (of booleans, the one with true).',
  args: { field },
  accepts: { float: LastNumber, int: LastNumber, string: LastString, boolean: LastBoolean },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|last('v').as('v')",
      input: 'm,host=a v=3,n=1i 1s\nm,host=b v=1,n=5i 2s\nm,host=a v=9,n=9i 11s',
      output: 'm,host=b v=1,n=5i 10s'
    }
  ]
})
