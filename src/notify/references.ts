import { compareBytes } from '../model/bytes.ts'
import { didYouMean } from '../core/nearest.ts'
import type { PartDefinition } from './params.ts'

/** Parameters of filters that name routes. */
export const ROUTE_KEYS = ['routes', 'mute_routes'] as const

/** A route that a filter names and that is not there: alerts will not get to it. */
export interface MissingRoute {
  readonly filter: string
  readonly route: string
}

export function missingRoutes(
  filters: Iterable<{ readonly id: string; readonly definition: PartDefinition }>,
  routes: ReadonlyMap<string, unknown>
): MissingRoute[] {
  return [...filters].flatMap(({ id, definition }) => {
    const named = new Set(ROUTE_KEYS.flatMap((key) => routesIn(definition[key])))
    return [...named].filter((route) => !routes.has(route)).map((route) => ({ filter: id, route }))
  })
}

export function missingText({ filter, route }: MissingRoute, routes: ReadonlyMap<string, unknown>): string {
  const hint = didYouMean(route, [...routes.keys()].sort(compareBytes))
  return `the filter ${filter} names the route ${JSON.stringify(route)}, which is not there${hint}`
}

function routesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
