import type { Logger } from '../core/logger.ts'
import { Serial } from '../core/serial.ts'
import type { ActiveFilter, Switches } from './active-filter.ts'
import type { ConfigurationChanges, StaticFilterDefinition, StaticRouteDefinition } from './changes.ts'
import { FilterSet, type FilterSetOptions } from './filter-set.ts'
import type { FilterTable } from './filter-table.ts'
import { ID, InvalidDefinition, type PartDefinition } from './params.ts'
import { type MissingRoute, missingRoutes, missingText } from './references.ts'
import type { Precondition } from './revision.ts'
import { RouteSet, type RouteSetOptions } from './route-set.ts'
import type { Route } from './route.ts'
import { type UnopenedPart, UnopenedParts } from './unopened.ts'

/**
 * The filters and routes in force, changed one change at a time. Those of files are static: they come as a whole, and a
 * client can replace one only until its file changes. Those of clients are in the store; where a file has the same id,
 * the file wins and the other comes back when the file goes. Tables are replaced, never changed, so a batch keeps those
 * that it began with.
 */
export class Configuration {
  readonly #filters: FilterSet
  readonly #routes: RouteSet
  readonly #unopened: UnopenedParts
  readonly #log: Logger
  readonly #serial = new Serial()

  constructor(options: FilterSetOptions & RouteSetOptions) {
    this.#log = options.log
    this.#unopened = new UnopenedParts(options.log)
    this.#filters = new FilterSet(options, this.#unopened)
    this.#routes = new RouteSet(options, this.#unopened)
  }

  get filters(): FilterTable {
    return this.#filters.table
  }

  get routes(): ReadonlyMap<string, Route> {
    return this.#routes.all
  }

  /** Secrets of all routes. */
  get secrets(): string[] {
    return this.#routes.secrets
  }

  /** Takes over what the store has. What cannot be made any more is logged, and stays in the store. */
  async load(): Promise<void> {
    await this.#filters.load()
    await this.#routes.load()
  }

  /** Fails with FILTER_UNKNOWN. */
  filter(id: string): ActiveFilter {
    return this.#filters.get(id)
  }

  /** Fails with ROUTE_UNKNOWN. */
  route(id: string): Route {
    return this.#routes.get(id)
  }

  /** Routes that filters name and that are not there. */
  get missingRoutes(): readonly MissingRoute[] {
    return missingRoutes(this.filters.list, this.routes)
  }

  /** What of clients could not be made when the process was started. */
  get unopened(): readonly UnopenedPart[] {
    return this.#unopened.all
  }

  /**
   * Makes a filter, or puts it in the place of the one of its id; on failure all is as before.
   * @returns What the filter says in vain.
   */
  putFilter(id: string, definition: PartDefinition, check?: Precondition): Promise<readonly string[]> {
    return this.#serial.run(async () => {
      const { warnings } = await this.#filters.put(id, definition, check)
      return this.#warn([...warnings, ...this.#textsOf(({ filter }) => filter === id)])
    })
  }

  /** Fails with FILTER_UNKNOWN or FILTER_STATIC. */
  removeFilter(id: string, check?: Precondition): Promise<void> {
    return this.#serial.run(() => this.#filters.remove(id, check))
  }

  /** Switches survive a restart. Fails with FILTER_UNKNOWN. */
  switchFilter(id: string, change: Partial<Switches>): Promise<void> {
    return this.#serial.run(() => this.#filters.switch(id, change))
  }

  removeExpired(): Promise<void> {
    return this.#serial.run(() => this.#filters.removeExpired())
  }

  /**
   * Makes a route or replaces it; on failure all is as before.
   * @param given Secrets may be masked.
   * @returns What the route says in vain.
   */
  putRoute(id: string, given: readonly PartDefinition[], check?: Precondition): Promise<readonly string[]> {
    return this.#serial.run(async () => this.#warn((await this.#routes.put(id, given, check)).warnings))
  }

  /**
   * Delivers what the route has left. Fails with ROUTE_UNKNOWN or ROUTE_STATIC.
   * @returns Which filters name it.
   */
  removeRoute(id: string, check?: Precondition): Promise<readonly string[]> {
    return this.#serial.run(async () => {
      await this.#routes.remove(id, check)
      return this.#warn(this.#textsOf(({ route }) => route === id))
    })
  }

  /**
   * Puts these in the place of all that came from files: all of them, or, where one is wrong, none. What has not changed
   * is not touched and keeps what it remembers; routes of clients whose secrets have changed are opened anew.
   * Fails with NOTIFY_DEFINITION and the like, the id before the text.
   */
  replaceStatic(
    filters: readonly StaticFilterDefinition[],
    routes: readonly StaticRouteDefinition[]
  ): Promise<ConfigurationChanges> {
    return this.#serial.run(async () => {
      const nextFilters = await this.#filters.prepare(filters)
      const nextRoutes = await this.#routes.prepare(routes, false)
      const changes = { filters: this.#filters.changesOf(nextFilters), routes: this.#routes.changesOf(nextRoutes) }
      const known = new Set(this.missingRoutes.map(keyOf))
      const swapFilters = await this.#filters.commit(nextFilters)
      const swapRoutes = await this.#routes.commit(nextRoutes)
      // No batch comes between the two.
      swapFilters()
      swapRoutes()
      this.#warn(this.#textsOf((missing) => !known.has(keyOf(missing))))
      return changes
    })
  }

  /**
   * Says what `replaceStatic` would change, and fails as that does; nothing is changed.
   * @param isPlan A plan is a client's: it names no more of the server than what is in force.
   */
  tryStatic(
    filters: readonly StaticFilterDefinition[],
    routes: readonly StaticRouteDefinition[],
    { isPlan }: { readonly isPlan: boolean }
  ): Promise<ConfigurationChanges> {
    return this.#serial.run(async () => {
      const nextFilters = await this.#filters.prepare(filters)
      const nextRoutes = await this.#routes.prepare(routes, isPlan)
      const changes = { filters: this.#filters.changesOf(nextFilters), routes: this.#routes.changesOf(nextRoutes) }
      this.#routes.discard(nextRoutes)
      return changes
    })
  }

  /** Resolves when routes have delivered all but what waits for a receiver that is away. */
  drained(): Promise<void> {
    return this.#routes.drained()
  }

  close(): void {
    this.#routes.close()
  }

  #textsOf(isMeant: (missing: MissingRoute) => boolean): string[] {
    return this.missingRoutes.filter(isMeant).map((missing) => missingText(missing, this.routes))
  }

  #warn(texts: readonly string[]): readonly string[] {
    for (const text of texts) this.#log.warn(text)
    return texts
  }
}

function keyOf({ filter, route }: MissingRoute): string {
  return `${filter} ${route}`
}

/** Fails with NOTIFY_DEFINITION. @param what `filter`, `route`. */
export function checkId(what: string, id: string): void {
  if (!ID.test(id)) throw InvalidDefinition(`invalid ${what} id: ${id}`)
}
