import { compareBytes } from '../../model/bytes.ts'
import type { Point } from '../../model/point.ts'
import type { Int, Value } from '../../model/value.ts'
import { field } from './function.ts'
import { BestPoint, isEarlier, selector } from './selector.ts'

abstract class First<V extends Value> extends BestPoint<V> {
  /** Decides between points of one time. */
  protected abstract wins(value: V, best: V): boolean

  protected override isBetter(value: V, point: Point, best: V, bestPoint: Point): boolean {
    return isEarlier(point, bestPoint) || (!isEarlier(bestPoint, point) && this.wins(value, best))
  }
}

class FirstNumber extends First<Int> {
  protected override wins(value: Int, best: Int): boolean {
    return value > best
  }
}

class FirstString extends First<string> {
  protected override wins(value: string, best: string): boolean {
    return compareBytes(value, best) > 0
  }
}

class FirstBoolean extends First<boolean> {
  protected override wins(value: boolean, best: boolean): boolean {
    return !value && best
  }
}

export default selector({
  name: 'first',
  summary: 'The earliest point; of equal times the one with the larger value (of booleans, the one with false).',
  args: { field },
  accepts: { float: FirstNumber, int: FirstNumber, string: FirstString, boolean: FirstBoolean },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|first('v')",
      input: 'm,host=a v=3,n=1i 1s\nm,host=b v=1,n=5i 2s\nm,host=a v=9,n=9i 11s',
      output: 'm,host=a first=3,n=1i 10s'
    }
  ]
})
