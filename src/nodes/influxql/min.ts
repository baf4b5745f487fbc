import type { Point } from '../../model/point.ts'
import type { Int } from '../../model/value.ts'
import { field } from './function.ts'
import { BestPoint, isEarlier, selector } from './selector.ts'

class Min extends BestPoint<Int> {
  protected override isBetter(value: Int, point: Point, best: Int, bestPoint: Point): boolean {
    return value < best || (value === best && isEarlier(point, bestPoint))
  }
}

export default selector({
  name: 'min',
  summary: 'The point with the smallest value; of equal ones the earliest.',
  args: { field },
  accepts: { float: Min, int: Min },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|min('v')",
      input: 'm,host=a v=3,n=1i 1s\nm,host=b v=1,n=5i 2s\nm,host=a v=1,n=2i 7s\nm,host=a v=9,n=9i 11s',
      output: 'm,host=b min=1,n=5i 10s'
    }
  ]
})
