import type { Int } from '../../model/value.ts'
import { Ranking, ranking } from './ranking.ts'

class Top extends Ranking {
  protected override isBetter(value: Int, than: Int): boolean {
    return value > than
  }
}

export default ranking('top', 'The points with the largest values, in the order of their values.', Top, [
  {
    script: "stream|from()|window().period(10s).every(10s).align()|top(2, 'v').usePointTimes()|sum('top')",
    input: 'm v=3 1s\nm v=1 2s\nm v=2 4s\nm v=9 11s',
    output: 'm sum=5 10s'
  }
])
