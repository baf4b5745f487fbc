import { Serial } from '../core/serial.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { DefinitionRecord, DeltaRecord, NotifyStore } from '../store/notify.ts'
import { readRows } from '../store/read-rows.ts'
import { ActiveFilter, type FilterFactory, type Switches } from './active-filter.ts'
import {
  changesOf,
  type ConfigurationChanges,
  type StaticFilterDefinition,
  type StaticRouteDefinition,
  statics
} from './changes.ts'
import { StaticFilter, StaticRoute, UnknownFilter, UnknownRoute } from './errors.ts'
import { FilterTable } from './filter-table.ts'
import { ID, InvalidDefinition, type PartDefinition } from './params.ts'
import { type MissingRoute, missingRoutes, missingText } from './references.ts'
import type { Precondition } from './revision.ts'
import { Route, type RouteFactory } from './route.ts'
import { hasReferences, keepsReferences, type Trust, unmask } from './secrets.ts'

/** A filter or route of a client that cannot be made any more. */
export interface UnopenedPart {
  readonly kind: 'filter' | 'route'
  readonly id: string
  readonly error: string
}

interface Options {
  readonly store: NotifyStore
  readonly clock: Clock
  readonly log: Logger
  readonly filters: FilterFactory
  readonly routes: RouteFactory
  /** Runs the work when no batch is under way. */
  readonly betweenBatches: (work: () => void) => void
}

/**
 * The filters and routes in force. Those of files are static: they come as a whole, and a client can replace one only
 * until its file changes. Those of clients are in the store; where a file has the same id, the file wins and the other
 * comes back when the file goes. Tables are replaced, never changed, so a batch keeps those that it began with.
 */
export class Configuration {
  readonly #options: Options
  #filters = new FilterTable()
  #routes: ReadonlyMap<string, Route> = new Map()
  /** Routes that deliver what they have left. */
  readonly #retiring = new Set<Route>()
  /** What clients made, by id, in the order in which they were made. */
  readonly #madeFilters = new Map<string, PartDefinition>()
  readonly #madeRoutes = new Map<string, readonly PartDefinition[]>()
  /** Switches as the store has them. */
  readonly #switches = new Map<string, Switches>()
  /** Deltas that the process before this one stored for filters that are not there yet, by their ids. */
  readonly #deltas = new Map<string, DeltaRecord[]>()
  readonly #unopened = new Map<string, UnopenedPart>()
  readonly #serial = new Serial()

  constructor(options: Options) {
    this.#options = options
  }

  get filters(): FilterTable {
    return this.#filters
  }

  /** Secrets of all routes. */
  get secrets(): string[] {
    return [...this.#routes.values()].flatMap((route) => route.secrets)
  }

  get routes(): ReadonlyMap<string, Route> {
    return this.#routes
  }

  /** Takes over what the store has. What cannot be made any more is logged, and stays in the store. */
  async load(): Promise<void> {
    const { store, log } = this.#options
    for (const { id, ...switches } of await store.switches()) this.#switches.set(id, switches)
    for (const delta of await store.deltas()) {
      const known = this.#deltas.get(delta.id)
      if (known === undefined) this.#deltas.set(delta.id, [delta])
      else known.push(delta)
    }
    const keyOf = ({ id }: DefinitionRecord): string => id
    readRows(log, 'notify_filters', await store.filters(), keyOf, ({ id, definition }) => {
      this.#madeFilters.set(id, JSON.parse(definition) as PartDefinition)
    })
    readRows(log, 'notify_routes', await store.routes(), keyOf, ({ id, definition }) => {
      this.#madeRoutes.set(id, JSON.parse(definition) as PartDefinition[])
    })
    this.#filters = new FilterTable(await this.#openMade(new Set()))
    this.#routes = new Map((await this.#openMadeRoutes(new Set())).map((route) => [route.id, route]))
  }

  /** Fails with FILTER_UNKNOWN. */
  filter(id: string): ActiveFilter {
    const filter = this.#filters.get(id)
    if (filter === undefined) throw UnknownFilter(id)
    return filter
  }

  /** Fails with ROUTE_UNKNOWN. */
  route(id: string): Route {
    const route = this.#routes.get(id)
    if (route === undefined) throw UnknownRoute(id)
    return route
  }

  /** Routes that filters name and that are not there. */
  get missingRoutes(): readonly MissingRoute[] {
    return missingRoutes(this.#filters.list, this.#routes)
  }

  /** What of clients could not be made when the process was started. */
  get unopened(): readonly UnopenedPart[] {
    return [...this.#unopened.values()]
  }

  /**
   * Makes it, or puts it in the place of the one of its id; on failure all is as before.
   * @returns What it says in vain.
   */
  putFilter(id: string, definition: PartDefinition, check?: Precondition): Promise<readonly string[]> {
    return this.#serial.run(async () => {
      const { store, filters, log } = this.#options
      const filter = await ActiveFilter.open(id, definition, filters)
      await this.#removeExpired()
      check?.(this.#filters.get(id)?.revision)
      filter.isStatic = this.#filters.get(id)?.isStatic === true
      if (filter.isStatic) {
        log.warn('a filter of a file is replaced until the file changes or the server restarts', { filter: id })
      } else {
        await store.putFilter({ id, definition: JSON.stringify(definition) })
        this.#madeFilters.set(id, definition)
      }
      await this.#forget(id)
      this.#unopened.delete(`filter ${id}`)
      this.#filters = this.#filters.with(filter)
      const missing = this.missingRoutes.filter((one) => one.filter === id)
      return this.#warn([...filter.warnings, ...this.#textsOf(missing)])
    })
  }

  /**
   * Fails with FILTER_UNKNOWN or FILTER_STATIC. Differs: to delete one that does not exist is a 404, a static
   * one a 409; the original answers 200 and 500.
   */
  removeFilter(id: string, check?: Precondition): Promise<void> {
    return this.#serial.run(async () => {
      await this.#removeExpired()
      check?.(this.filter(id).revision)
      if (this.filter(id).isStatic) throw StaticFilter()
      await this.#removeFilters([id])
    })
  }

  /** Survives a restart. Fails with FILTER_UNKNOWN. */
  switchFilter(id: string, change: Partial<Switches>): Promise<void> {
    return this.#serial.run(async () => {
      const filter = this.filter(id)
      const switches = { ...filter.switches, ...change }
      await this.#options.store.putSwitches({ id, ...switches })
      this.#switches.set(id, switches)
      filter.switches = switches
    })
  }

  removeExpired(): Promise<void> {
    return this.#serial.run(() => this.#removeExpired())
  }

  /**
   * Makes it or replaces it; on failure all is as before.
   * @param given Secrets may be masked.
   * @returns What it says in vain.
   */
  putRoute(id: string, given: readonly PartDefinition[], check?: Precondition): Promise<readonly string[]> {
    return this.#serial.run(async () => {
      const { store, routes, log } = this.#options
      const before = this.#routes.get(id)
      check?.(before?.revision)
      const old = before?.definition ?? []
      const definition = unmask(given, old, (type) => routes.kinds.get(String(type))?.secrecies ?? {})
      const isStatic = before?.isStatic === true
      // What a client puts in the place of a file may name no more of the server than what a client makes, but as before.
      const trusts = definition.map((one, index): Trust =>
        isStatic && this.#keepsReferences(one, index, old) ? 'owner' : 'client'
      )
      const route = await Route.open(id, definition, isStatic, routes, (index) => trusts[index]!)
      if (isStatic) {
        log.warn('a route of a file is replaced until the file changes or the server restarts', { route: id })
      } else {
        await store.putRoute({ id, definition: JSON.stringify(definition) })
        this.#madeRoutes.set(id, definition)
      }
      this.#unopened.delete(`route ${id}`)
      this.#swapRoutes(new Map(this.#routes).set(id, route))
      return this.#warn(route.warnings)
    })
  }

  /**
   * What it has left is delivered. Fails with ROUTE_UNKNOWN or ROUTE_STATIC. Differs: the original cannot delete one.
   * @returns Which filters name it.
   */
  removeRoute(id: string, check?: Precondition): Promise<readonly string[]> {
    return this.#serial.run(async () => {
      check?.(this.route(id).revision)
      if (this.route(id).isStatic) throw StaticRoute()
      await this.#options.store.removeRoute(id)
      this.#madeRoutes.delete(id)
      const routes = new Map(this.#routes)
      routes.delete(id)
      this.#swapRoutes(routes)
      return this.#warn(this.#textsOf(this.missingRoutes.filter(({ route }) => route === id)))
    })
  }

  /**
   * Puts these in the place of all that came from files: all of them, or, where one is wrong, none. What has not changed
   * is not touched and keeps what it remembers; routes of clients whose secrets have changed are opened anew.
   * @param mode `trial` and `plan` only say what it would change. A plan is a client's: it names no more of the server
   * than what is in force. Fails with NOTIFY_DEFINITION and the like, the id before the text.
   */
  replaceStatic(
    filters: readonly StaticFilterDefinition[],
    routes: readonly StaticRouteDefinition[],
    mode: 'swap' | 'trial' | 'plan' = 'swap'
  ): Promise<ConfigurationChanges> {
    return this.#serial.run(async () => {
      const nextFilters = await this.#openStatic(filters)
      const nextRoutes = await this.#openStaticRoutes(routes, mode === 'plan')
      const changes = {
        filters: changesOf(statics(this.#filters.list), nextFilters),
        routes: changesOf(statics([...this.#routes.values()]), nextRoutes)
      }
      if (mode !== 'swap') {
        for (const route of nextRoutes) if (this.#routes.get(route.id) !== route) route.close()
        return changes
      }
      for (const id of [...changes.filters.changed, ...changes.filters.removed]) await this.#forget(id)
      for (const filter of nextFilters) if (this.#filters.get(filter.id) !== filter) this.#restore(filter)
      const made = await this.#openMade(new Set(nextFilters.map(({ id }) => id)))
      const madeRoutes = await this.#openMadeRoutes(new Set(nextRoutes.map(({ id }) => id)))
      const known = new Set(this.missingRoutes.map(({ filter, route }) => `${filter} ${route}`))
      this.#filters = new FilterTable([...nextFilters, ...made])
      this.#swapRoutes(new Map([...nextRoutes, ...madeRoutes].map((route) => [route.id, route])))
      const missing = this.missingRoutes.filter(({ filter, route }) => !known.has(`${filter} ${route}`))
      this.#warn(this.#textsOf(missing))
      return changes
    })
  }

  /** Resolves when routes have delivered all but what waits for a receiver that is away. */
  async drained(): Promise<void> {
    await Promise.all([...this.#routes.values(), ...this.#retiring].map((route) => route.drained()))
  }

  close(): void {
    for (const route of [...this.#routes.values(), ...this.#retiring]) route.close()
  }

  async #openStatic(definitions: readonly StaticFilterDefinition[]): Promise<ActiveFilter[]> {
    const opened: ActiveFilter[] = []
    for (const { id, definition } of definitions) {
      if (opened.some((one) => one.id === id)) throw InvalidDefinition(`duplicate filter ID: ${id}`)
      const filter = await ActiveFilter.open(id, definition, this.#options.filters)
      const before = this.#filters.get(id)
      const isSame = before?.isStatic === true && before.fingerprint === filter.fingerprint
      filter.isStatic = true
      if (!isSame && before === undefined) this.#restoreSwitches(filter)
      opened.push(isSame ? before : filter)
    }
    return opened
  }

  async #openStaticRoutes(definitions: readonly StaticRouteDefinition[], isPlan: boolean): Promise<Route[]> {
    const opened: Route[] = []
    for (const { id, definition } of definitions) {
      if (opened.some((one) => one.id === id)) throw InvalidDefinition(`duplicate route ID: ${id}`)
      const before = this.#routes.get(id)
      const old = before?.isStatic === true ? before.definition : []
      const trustOf = (index: number): Trust =>
        isPlan && !this.#keepsReferences(definition[index]!, index, old) ? 'nobody' : 'owner'
      const route = await Route.open(id, definition, true, this.#options.routes, trustOf)
      opened.push(unlessSame(before?.isStatic === true ? before : undefined, route))
    }
    return opened
  }

  #keepsReferences(definition: PartDefinition, index: number, before: readonly PartDefinition[]): boolean {
    return keepsReferences(definition, index, before, this.#options.routes.kinds.get(String(definition.type))?.params)
  }

  /** What clients made; those that are at work as they are. @param hidden Ids that files have. */
  async #openMade(hidden: ReadonlySet<string>): Promise<ActiveFilter[]> {
    const opened: ActiveFilter[] = []
    for (const [id, definition] of this.#madeFilters) {
      const before = this.#filters.get(id)
      if (hidden.has(id)) this.#options.log.warn('a file has the filter that a client made', { filter: id })
      else if (before?.isStatic === false) opened.push(before)
      else {
        await this.#orNote('filter', id, async () => {
          const filter = await ActiveFilter.open(id, definition, this.#options.filters)
          this.#restoreSwitches(filter)
          this.#restore(filter)
          opened.push(filter)
        })
      }
    }
    return opened
  }

  async #openMadeRoutes(hidden: ReadonlySet<string>): Promise<Route[]> {
    const opened: Route[] = []
    for (const [id, definition] of this.#madeRoutes) {
      const before = this.#routes.get(id)
      if (hidden.has(id)) this.#options.log.warn('a file has the route that a client made', { route: id })
      else if (before?.isStatic === false) opened.push(await this.#renewed(before))
      else {
        await this.#orNote('route', id, async () => {
          opened.push(await Route.open(id, definition, false, this.#options.routes))
        })
      }
    }
    return opened
  }

  /** A route of a client with the secrets that files hold now; where these are of no use, as it is. */
  async #renewed(before: Route): Promise<Route> {
    const { routes, log } = this.#options
    const { id, definition } = before
    const isBound = definition.some((one) => hasReferences(routes.kinds.get(String(one.type))?.params, one))
    if (!isBound) return before
    try {
      return unlessSame(before, await Route.open(id, definition, false, routes))
    } catch (error) {
      log.error('a route cannot be opened with the secrets of its files: it goes on with those before them', {
        ...{ route: id, err: messageOf(error) }
      })
      return before
    }
  }

  #restoreSwitches(filter: ActiveFilter): void {
    filter.switches = this.#switches.get(filter.id) ?? filter.switches
  }

  /** Gives back the deltas that the filter stored before the process was started. */
  #restore(filter: ActiveFilter): void {
    const { id, version } = filter
    const deltas = this.#deltas.get(id)?.filter((delta) => delta.version === version)
    if (deltas === undefined || deltas.length === 0) return
    this.#deltas.delete(id)
    filter.restore(deltas.map(({ key, until, count }) => ({ key, untilMs: Number(until), count: Number(count) })))
  }

  async #forget(id: string): Promise<void> {
    this.#switches.delete(id)
    this.#deltas.delete(id)
    await this.#options.store.forgetFilter(id)
  }

  async #removeExpired(): Promise<void> {
    const expired = this.#filters.expired(this.#options.clock.now())
    if (expired.length > 0) await this.#removeFilters(expired)
  }

  async #removeFilters(ids: readonly string[]): Promise<void> {
    await this.#options.store.removeFilters(ids)
    for (const id of ids) {
      this.#unopened.delete(`filter ${id}`)
      this.#madeFilters.delete(id)
      this.#switches.delete(id)
    }
    this.#filters = this.#filters.without(new Set(ids))
  }

  /** Routes that are no longer there hand over what they have left, or go on until it is delivered. */
  #swapRoutes(next: ReadonlyMap<string, Route>): void {
    const before = this.#routes
    this.#routes = next
    for (const [id, route] of before) {
      if (next.get(id) === route) continue
      this.#retiring.add(route)
      this.#options.betweenBatches(() => route.retire(next.get(id)))
    }
    for (const route of this.#retiring) if (route.backlog === 0) this.#retiring.delete(route)
  }

  async #orNote(kind: UnopenedPart['kind'], id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#unopened.delete(`${kind} ${id}`)
    } catch (error) {
      this.#unopened.set(`${kind} ${id}`, { kind, id, error: messageOf(error) })
      this.#options.log.error(`failed to make a ${kind}`, { [kind]: id, err: messageOf(error) })
    }
  }

  #textsOf(missing: readonly MissingRoute[]): string[] {
    return missing.map((one) => missingText(one, this.#routes))
  }

  #warn(texts: readonly string[]): readonly string[] {
    for (const text of texts) this.#options.log.warn(text)
    return texts
  }
}

/** The route before where the new one works alike, which is closed then. */
function unlessSame(before: Route | undefined, route: Route): Route {
  if (before?.fingerprint !== route.fingerprint) return route
  route.close()
  return before
}

/** Fails with NOTIFY_DEFINITION. @param what `filter`, `route`. */
export function checkId(what: string, id: string): void {
  if (!ID.test(id)) throw InvalidDefinition(`invalid ${what} id: ${id}`)
}
