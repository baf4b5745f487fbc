import { compareBytes } from '../../model/bytes.ts'
import type { Point } from '../../model/point.ts'
import type { Int, Value } from '../../model/value.ts'
import { BestPoint } from './selector.ts'

/**
 * The best point by time, for values of each type; between points of one time the larger value decides.
 * @param isBetterTime Whether the time of a point makes it better than another one.
 * @param betterBoolean The better one between points of one time.
 */
export function bestByTime(isBetterTime: (point: Point, other: Point) => boolean, betterBoolean: boolean) {
  abstract class ByTime<V extends Value> extends BestPoint<V> {
    /** Decides between points of one time. */
    protected abstract wins(value: V, best: V): boolean

    protected override isBetter(value: V, point: Point, best: V, bestPoint: Point): boolean {
      return isBetterTime(point, bestPoint) || (!isBetterTime(bestPoint, point) && this.wins(value, best))
    }
  }

  class NumberByTime extends ByTime<Int> {
    protected override wins(value: Int, best: Int): boolean {
      return value > best
    }
  }

  class StringByTime extends ByTime<string> {
    protected override wins(value: string, best: string): boolean {
      return compareBytes(value, best) > 0
    }
  }

  class BooleanByTime extends ByTime<boolean> {
    protected override wins(value: boolean, other: boolean): boolean {
      return value !== other && value === betterBoolean
    }
  }

  return { float: NumberByTime, int: NumberByTime, string: StringByTime, boolean: BooleanByTime }
}
