import { type Instant, minus, type Span, spanOfNanos } from '../core/instant.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { fluxBatches } from '../influxdb/query/flux-csv.ts'
import type { InfluxCluster } from '../influxdb/query/cluster.ts'
import type { Batch } from '../model/batch.ts'
import { scheduleProperties } from './query/schedule-properties.ts'
import { ScheduledQuery } from './query/scheduled.ts'

const spec = nodeSpec({
  name: 'queryFlux',
  wants: 'batch',
  provides: 'batch',
  summary: 'Runs a script of Flux by a schedule; every table of its answer is a batch.',
  offeredBy: ['batch'],
  args: { text: t.string('The script; in it now() is the time at which the query is due, less the offset.') },
  properties: {
    period: t.duration('Has no meaning: the script says what range of time it wants.').default(0n),
    ...scheduleProperties,
    offset: t.duration('How far in the past now() is.').default(0n),
    cluster: t.string('Name of the InfluxDB cluster; empty: the default one.').default(''),
    org: t.string('Organization by name.').default(''),
    orgID: t.string('Organization by id.').default('')
  }
})

class QueryFlux extends ScheduledQuery<OptionsOf<typeof spec>> {
  readonly #offset: Span

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#offset = spanOfNanos(options.offset)
  }

  override async ask(cluster: InfluxCluster, due: Instant, signal: AbortSignal): Promise<readonly Batch[]> {
    const { text: script, org, orgID: orgId } = this.options
    const now = minus(due, this.#offset)
    return fluxBatches(await cluster.flux({ script, now, org, orgId }, signal), this.context.groups, now)
  }
}

export default defineNode(spec, QueryFlux)
