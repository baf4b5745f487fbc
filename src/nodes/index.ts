import type { NodeDefinition } from '../graph/node.ts'
import alert from './alert.ts'
import changeDetect from './change-detect.ts'
import combine from './combine.ts'
import default_ from './default.ts'
import delete_ from './delete.ts'
import derivative from './derivative.ts'
import eval_ from './eval.ts'
import flatten from './flatten.ts'
import from from './from.ts'
import groupBy from './group-by.ts'
import { influxqlNodes } from './influxql/index.ts'
import join from './join.ts'
import log from './log.ts'
import noop from './noop.ts'
import sample from './sample.ts'
import shift from './shift.ts'
import stateCount from './state-count.ts'
import stateDuration from './state-duration.ts'
import stream from './stream.ts'
import trickle from './trickle.ts'
import union from './union.ts'
import where from './where.ts'
import window from './window.ts'

/** Every node that a script can use. */
export const nodes: readonly NodeDefinition[] = [
  alert,
  changeDetect,
  combine,
  default_,
  delete_,
  derivative,
  eval_,
  flatten,
  from,
  groupBy,
  ...influxqlNodes,
  join,
  log,
  noop,
  sample,
  shift,
  stateCount,
  stateDuration,
  stream,
  trickle,
  union,
  where,
  window
]
