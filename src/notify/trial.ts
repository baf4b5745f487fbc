import type { Instant } from '../core/instant.ts'
import { silentLogger } from '../core/logger.ts'
import type { JsonOutput } from '../model/json.ts'
import type { FilterResult } from './active-filter.ts'
import type { Alert } from './alert.ts'
import { outputOf, sortable } from './alert-json.ts'
import { filterBatch, type Pipeline, renderBatch, routeBatch } from './batch.ts'

/** What a batch would come to, as JSON. */
export type Trial = JsonOutput

/** Runs a batch without remembering or sending anything. Commands of filters do run. */
export async function runTrial(alerts: readonly Alert[], pipeline: Pipeline, now: () => Instant): Promise<Trial> {
  const filters: JsonOutput[] = []
  const left = await filterBatch(
    alerts,
    pipeline,
    now,
    (filter, given, result) => {
      filters.push({ id: filter.id, type: filter.definition.type, alerts: given.map(stepOf(result)) })
    },
    true
  )
  const skipped = pipeline.filters.filter((filter) => filter.isOff(now())).map(({ id }) => id)
  const routed = routeBatch(left, pipeline)
  const messages = await renderBatch(routed, pipeline, silentLogger)
  const routes = [...routed.lists].map(([id, list]) => [
    id,
    {
      alerts: list.map(outputOf),
      messages: messages
        .filter(({ route }) => route === id)
        .map(({ transport, payload }) => ({ transport, payload: sortable(JSON.parse(payload)) }))
    }
  ])
  return {
    filters,
    skipped,
    routes: Object.fromEntries(routes) as JsonOutput,
    unrouted: routed.unrouted.map(outputOf),
    unknownRoutes: routed.unknown
  }
}

/** What a filter did to an alert. */
function stepOf({ left, run, matches }: FilterResult): (alert: Alert, index: number) => JsonOutput {
  const remaining = new Set(left)
  return (alert, index) => {
    let after: Alert = alert
    for (let next = run.replaced.get(after); next !== undefined; next = run.replaced.get(after)) after = next
    const action = !remaining.has(after)
      ? 'removed'
      : after === alert
        ? 'kept'
        : after.sub.includes(alert)
          ? 'grouped'
          : 'changed'
    return {
      title: alert.title,
      matched: matches[index],
      action,
      error: run.errors.get(alert),
      alert: action === 'changed' ? outputOf(after) : undefined,
      stats: action === 'changed' ? sortable(after.stats) : undefined
    }
  }
}
