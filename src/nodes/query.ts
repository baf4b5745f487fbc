import { messageOf } from '../core/errors.ts'
import { type Instant, minus, type Span, spanOfNanos } from '../core/instant.ts'
import { defineNode, type NodeContext, StartError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { BatchMaker } from '../influxdb/query/batches.ts'
import { QueryTemplate, readSelect } from '../influxdb/query/query-template.ts'
import type { InfluxCluster, InfluxResult } from '../influxdb/query/cluster.ts'
import type { Batch } from '../model/batch.ts'
import { batchDimensions, fillOf } from './query/dimensions.ts'
import { scheduleProperties } from './query/schedule-properties.ts'
import { ScheduledQuery } from './query/scheduled.ts'

const spec = nodeSpec({
  name: 'query',
  wants: 'batch',
  provides: 'batch',
  summary: 'Runs a query of InfluxQL by a schedule; every series of its answer is a batch.',
  offeredBy: ['batch'],
  args: { text: t.string('A SELECT. Every measurement with its database and retention policy, and no range of time.') },
  properties: {
    period: t.duration('Length of the range of time that is asked for.').default(0n),
    ...scheduleProperties,
    offset: t.duration('How far in the past the range ends.').default(0n),
    alignGroup: t.flag('Lets groups of time begin with the range.'),
    groupBy: t.list(t.any('Tags, `*`, and one duration or time(every, offset).')),
    groupByMeasurement: t.flag('Groups by measurement as well.'),
    fill: t.any("For groups of time without points: 'null', 'none', 'previous', 'linear' or a number."),
    cluster: t.string('Name of the InfluxDB cluster; empty: the default one.').default('')
  }
})

class Query extends ScheduledQuery<OptionsOf<typeof spec>> {
  readonly #template: QueryTemplate
  readonly #batches: BatchMaker
  readonly #period: Span
  readonly #offset: Span

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    const template = templateOf(options)
    super(options, context)
    const { groupByMeasurement: byName, period, offset } = options
    this.#template = template
    this.#batches = new BatchMaker(context.groups, { byName, isGroupedByTime: template.isGroupedByTime })
    this.#period = spanOfNanos(period)
    this.#offset = spanOfNanos(offset)
  }

  override checkPlaces(): void {
    for (const place of this.#template.places) {
      if (typeof place === 'string') throw new StartError(place)
      const { db, rp } = place
      if (this.context.dbrps.some((own) => own.db === db && own.rp === rp)) continue
      const name = `${JSON.stringify(db)}.${JSON.stringify(rp)}`
      throw new StartError(`batch query is not allowed to request data from ${name}`)
    }
  }

  override async ask(cluster: InfluxCluster, due: Instant, signal: AbortSignal): Promise<readonly Batch[]> {
    const stop = minus(due, this.#offset)
    const results = await cluster.query(this.#template.textFor(minus(stop, this.#period), stop), signal)
    return results.flatMap((result) => this.#batchesOf(result, stop))
  }

  /** A result that cannot be understood is left out as a whole. */
  #batchesOf(result: InfluxResult, stop: Instant): readonly Batch[] {
    try {
      return this.#batches.batchesOf(result, stop)
    } catch (error) {
      this.error('failed to understand query result', { err: messageOf(error) })
      return []
    }
  }
}

/** @throws StartError */
export function templateOf({ text, groupBy, fill, alignGroup }: OptionsOf<typeof spec>): QueryTemplate {
  const read = readSelect(text)
  if (!read.ok) throw new StartError(read.error)
  const dimensions = batchDimensions(groupBy ?? [])
  return new QueryTemplate(read.statement, { dimensions, fill: fillOf(fill), alignGroup })
}

export default defineNode(spec, Query)
