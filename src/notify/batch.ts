import type { Instant } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import type { ActiveFilter, FilterResult } from './active-filter.ts'
import type { Alert } from './alert.ts'
import type { Rendered, Route } from './route.ts'

/** What a batch runs through: taken as a whole when it begins, so that no batch sees two configurations. */
export interface Pipeline {
  readonly filters: readonly ActiveFilter[]
  readonly routes: ReadonlyMap<string, Route>
  /** Id of the route of alerts that none has; '' for none. */
  readonly fallback: string
}

/** Called after each filter that was at work. */
export type OnFiltered = (filter: ActiveFilter, given: readonly Alert[], result: FilterResult) => void

/** Runs the filters one after another. */
export async function filterBatch(
  alerts: readonly Alert[],
  { filters }: Pipeline,
  now: () => Instant,
  onFiltered: OnFiltered,
  isTrial = false
): Promise<readonly Alert[]> {
  const began = now()
  let left = alerts
  for (const filter of filters) {
    if (left.length === 0) break
    if (filter.isOff(now())) continue
    const result = await filter.run(left, began, isTrial)
    onFiltered(filter, left, result)
    left = result.left
  }
  return left
}

export interface RoutedBatch {
  /** Alerts by the id of the route. */
  readonly lists: ReadonlyMap<string, readonly Alert[]>
  readonly unrouted: readonly Alert[]
  /** Ids that alerts have and no route. */
  readonly unknown: readonly string[]
}

/**
 * Who gets what, each alert once. Differs: the original loses alerts without a route and says nothing.
 */
export function routeBatch(alerts: readonly Alert[], { routes, fallback }: Pipeline): RoutedBatch {
  const lists = new Map<string, Alert[]>()
  const unknown = new Set<string>()
  const unrouted: Alert[] = []
  for (const alert of alerts) {
    const known = [...new Set(alert.routes)].filter((id) => routes.has(id) || void unknown.add(id))
    if (known.length === 0 && routes.has(fallback)) known.push(fallback)
    if (known.length === 0) unrouted.push(alert)
    for (const id of known) {
      const list = lists.get(id)
      if (list === undefined) lists.set(id, [alert])
      else list.push(alert)
    }
  }
  return { lists, unrouted, unknown: [...unknown] }
}

/**
 * Renders what the routes send.
 * Differs: routes without alerts do nothing; the original starts their transports all the same.
 */
export async function renderBatch({ lists }: RoutedBatch, { routes }: Pipeline, log: Logger): Promise<Rendered[]> {
  const messages: Rendered[] = []
  for (const [id, alerts] of lists) {
    const rendered = await routes.get(id)!.render(alerts)
    log.info('sending alerts', { route: id, nalerts: alerts.length, messages: rendered.length })
    messages.push(...rendered)
  }
  return messages
}
