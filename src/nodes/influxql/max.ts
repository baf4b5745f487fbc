import type { Point } from '../../model/point.ts'
import type { Int } from '../../model/value.ts'
import { field } from './function.ts'
import { BestPoint, isEarlier, selector } from './selector.ts'

class Max extends BestPoint<Int> {
  protected override isBetter(value: Int, point: Point, best: Int, bestPoint: Point): boolean {
    return value > best || (value === best && isEarlier(point, bestPoint))
  }
}

export default selector({
  name: 'max',
  summary: 'The point with the largest value; of equal ones the earliest.',
  args: { field },
  accepts: { float: Max, int: Max },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|max('n').usePointTimes()",
      input: 'm,host=a v=3,n=1i 1s\nm,host=b v=1,n=5i 2s\nm,host=a v=2,n=5i 4s\nm,host=a v=9,n=9i 11s',
      output: 'm,host=b v=1,max=5i 2s'
    }
  ]
})
