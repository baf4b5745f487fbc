import { from, optional, window } from '../generate/nodes.ts'
import { bodies, points } from '../generate/points.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

export default {
  name: 'windows',
  summary: 'Windows of every kind, and functions of InfluxQL over them.',
  oracles: ['lines', 'replay', 'model'],
  make(random) {
    const functions = [
      `|count('v')`, `|sum('n')`, `|mean('v')`, `|median('v')`, `|mode('n')`, `|spread('v')`, `|stddev('v')`, `|first('v')`, `|last('s')`,
      `|min('n')`, `|max('v')`, `|percentile('v', 50.0)`, `|distinct('s')`, `|top(2, 'v')`, `|bottom(1, 'n')`, `|elapsed('v', 1s)`,
      `|difference('n')`, `|cumulativeSum('v')`, `|movingAverage('v', 2)`
    ] // prettier-ignore
    const ends = random
      .some(functions, 0.1)
      .map((call, i) => ['\nw', call, ...optional(random, '.usePointTimes()'), `|httpPost('@CAPTURE@/f${i}')`])
    const script = ['var w = ', ...from(random), ...window(random), ...ends.flat(), '\nw', `|httpPost('@CAPTURE@/w')`]
    const lines = points(random, 10 + random.int(50), { missing: 0.05, late: random.pick([0, 0, 0.1]) })
    return streamTrial('windows', script, bodies(random, lines))
  }
} satisfies Kind
