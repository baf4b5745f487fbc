import { wallClock } from '../../core/clock.ts'
import {
  compare,
  type Instant,
  instantOfNanos,
  isBefore,
  minus,
  nanosBetween,
  spanOfNanos
} from '../../core/instant.ts'
import { compileScript } from '../../graph/compile.ts'
import type { DeadmanDefaults } from '../../graph/link.ts'
import { instantiate, type RunningGraph } from '../../graph/instantiate.ts'
import { inertPorts } from '../../graph/inert-ports.ts'
import { nodes } from '../../nodes/index.ts'
import { queriesOf, type ScheduledOptions, type ScheduledQuery } from '../../nodes/query/scheduled.ts'
import { clusterOf, type InfluxRecordContext, type TaskSource } from './context.ts'

/**
 * Runs the queries of a task for all times at which they are due within the range, in the order of these times.
 * Differs: queries of Flux are run, too; Kapacitor leaves them out.
 */
export async function recordTask(source: TaskSource, context: InfluxRecordContext): Promise<void> {
  const { sink, signal, advance } = context
  const [start, stop] = [instantOfNanos(source.startNs), instantOfNanos(source.stopNs)]
  const graph = graphOf(source, context)
  const queries = queriesOf(graph).map((query, index) => {
    query.checkPlaces()
    return new Due(index, query, start)
  })
  await sink.setQueries(queries.length)
  const length = nanosBetween(stop, start)
  for (;;) {
    const next = queries.reduce<Due | undefined>((first, due) => (isEarlier(due, first) ? due : first), undefined)
    const time = next?.time
    if (next === undefined || time === undefined || isBefore(stop, time)) return
    if (next.isAhead) next.end()
    else {
      for (const batch of await next.query.ask(clusterOf(context, next.query.options.cluster), time, signal)) {
        sink.batch(next.index, batch)
      }
      await sink.flush()
      next.move()
    }
    advance(length > 0 ? nanosBetween(time, start) / length : 1)
  }
}

/** A query and when it is due next. */
class Due {
  readonly index: number
  readonly query: ScheduledQuery<ScheduledOptions & { readonly offset?: bigint }>
  time: Instant | undefined

  constructor(index: number, query: Due['query'], start: Instant) {
    this.index = index
    this.query = query
    this.time = query.schedule.nextAfter(start)
  }

  /** Whether what the query would ask for is not over yet. */
  get isAhead(): boolean {
    const { offset = 0n } = this.query.options
    return this.time !== undefined && isBefore(wallClock.now(), minus(this.time, spanOfNanos(offset)))
  }

  move(): void {
    this.time = this.time && this.query.schedule.nextAfter(this.time)
  }

  end(): void {
    this.time = undefined
  }
}

function isEarlier(due: Due, other: Due | undefined): boolean {
  if (due.time === undefined) return false
  return other?.time === undefined || compare(due.time, other.time) < 0
}

function graphOf({ task, timeZone }: TaskSource, { findCluster }: InfluxRecordContext): RunningGraph {
  const { script, type, vars, dbrps } = task
  const built = compileScript({ script, type, vars, dbrps, nodes, deadman: NO_DEADMAN })
  if (!built.ok) throw new Error(built.error.message)
  return instantiate(built.value.graph, {
    taskId: task.id,
    taskMaster: 'recording',
    // Nodes that are only made see of the world the time zone and which clusters there are.
    ports: inertPorts({ timeZone, influx: { findCluster } }),
    newSeriesSlot: () => 0,
    fail: () => {}
  })
}

const NO_DEADMAN: DeadmanDefaults = { interval: 0n, threshold: 0, id: '', message: '', global: false }
