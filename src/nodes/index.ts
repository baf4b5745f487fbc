import type { NodeDefinition } from '../graph/node.ts'
import alert from './alert.ts'
import barrier from './barrier.ts'
import batch from './batch.ts'
import changeDetect from './change-detect.ts'
import combine from './combine.ts'
import deadman from './deadman.ts'
import default_ from './default.ts'
import delete_ from './delete.ts'
import derivative from './derivative.ts'
import eval_ from './eval.ts'
import flatten from './flatten.ts'
import from from './from.ts'
import groupBy from './group-by.ts'
import httpOut from './http-out.ts'
import httpPost from './http-post.ts'
import influxDBOut from './influxdb-out.ts'
import { influxqlNodes } from './influxql/index.ts'
import join from './join.ts'
import kapacitorLoopback from './kapacitor-loopback.ts'
import log from './log.ts'
import noop from './noop.ts'
import query from './query.ts'
import queryFlux from './query-flux.ts'
import sample from './sample.ts'
import shift from './shift.ts'
import sideload from './sideload.ts'
import stateCount from './state-count.ts'
import stateDuration from './state-duration.ts'
import stats from './stats.ts'
import stream from './stream.ts'
import trickle from './trickle.ts'
import union from './union.ts'
import where from './where.ts'
import window from './window.ts'

/** Every node that a script can use. */
export const nodes: readonly NodeDefinition[] = [
  alert,
  barrier,
  batch,
  changeDetect,
  combine,
  deadman,
  default_,
  delete_,
  derivative,
  eval_,
  flatten,
  from,
  groupBy,
  httpOut,
  httpPost,
  influxDBOut,
  ...influxqlNodes,
  join,
  kapacitorLoopback,
  log,
  noop,
  query,
  queryFlux,
  sample,
  shift,
  sideload,
  stateCount,
  stateDuration,
  stats,
  stream,
  trickle,
  union,
  where,
  window
]
