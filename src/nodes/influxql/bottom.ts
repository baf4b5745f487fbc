import type { Int } from '../../model/value.ts'
import { Ranking, ranking } from './ranking.ts'

class Bottom extends Ranking {
  protected override isBetter(value: Int, than: Int): boolean {
    return value < than
  }
}

export default ranking('bottom', 'The points with the smallest values, in the order of their values.', Bottom, [
  {
    script: "stream|from()|window().period(10s).every(10s).align()|bottom(2, 'v')|sum('bottom')",
    input: 'm,host=a v=3 1s\nm,host=a v=1 2s\nm,host=b v=7 4s\nm,host=a v=9 11s',
    output: 'm sum=4 10s'
  }
])
