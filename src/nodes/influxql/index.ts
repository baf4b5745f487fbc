import type { NodeDefinition } from '../../graph/node.ts'
import bottom from './bottom.ts'
import count from './count.ts'
import cumulativeSum from './cumulative-sum.ts'
import difference from './difference.ts'
import distinct from './distinct.ts'
import elapsed from './elapsed.ts'
import first from './first.ts'
import holtWintersWithFit from './holt-winters-with-fit.ts'
import holtWinters from './holt-winters.ts'
import last from './last.ts'
import max from './max.ts'
import mean from './mean.ts'
import median from './median.ts'
import min from './min.ts'
import mode from './mode.ts'
import movingAverage from './moving-average.ts'
import percentile from './percentile.ts'
import spread from './spread.ts'
import stddev from './stddev.ts'
import sum from './sum.ts'
import top from './top.ts'

export const influxqlNodes: readonly NodeDefinition[] = [
  bottom,
  count,
  cumulativeSum,
  difference,
  distinct,
  elapsed,
  first,
  holtWinters,
  holtWintersWithFit,
  last,
  max,
  mean,
  median,
  min,
  mode,
  movingAverage,
  percentile,
  spread,
  stddev,
  sum,
  top
]
