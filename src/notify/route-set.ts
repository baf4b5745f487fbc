import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { DefinitionRecord, NotifyStore } from '../store/notify.ts'
import { readRows } from '../store/read-rows.ts'
import { type Changes, changesOf, type StaticRouteDefinition, statics } from './changes.ts'
import { StaticRoute, UnknownRoute } from './errors.ts'
import { InvalidDefinition, type PartDefinition } from './params.ts'
import type { Precondition } from './revision.ts'
import { Route, type RouteFactory } from './route.ts'
import { hasReferences, keepsReferences, type Trust, unmask } from './secrets.ts'
import type { UnopenedParts } from './unopened.ts'

export interface RouteSetOptions {
  readonly store: NotifyStore
  readonly log: Logger
  readonly routes: RouteFactory
  /** Runs the work when no batch is under way. */
  readonly betweenBatches: (work: () => void) => void
}

/**
 * The routes in force, of files and of clients, and those that are gone and still deliver what they have left. Its
 * caller lets one change go on at a time.
 */
export class RouteSet {
  readonly #options: RouteSetOptions
  readonly #unopened: UnopenedParts
  #routes: ReadonlyMap<string, Route> = new Map()
  /** Routes that deliver what they have left. */
  readonly #retiring = new Set<Route>()
  /** What clients made, by id, in the order in which they were made. */
  readonly #made = new Map<string, readonly PartDefinition[]>()

  constructor(options: RouteSetOptions, unopened: UnopenedParts) {
    this.#options = options
    this.#unopened = unopened
  }

  get all(): ReadonlyMap<string, Route> {
    return this.#routes
  }

  /** Secrets of all routes. */
  get secrets(): string[] {
    return [...this.#routes.values()].flatMap((route) => route.secrets)
  }

  /** Fails with ROUTE_UNKNOWN. */
  get(id: string): Route {
    const route = this.#routes.get(id)
    if (route === undefined) throw UnknownRoute(id)
    return route
  }

  /** Takes over what the store has. What cannot be made any more is logged, and stays in the store. */
  async load(): Promise<void> {
    const { store, log } = this.#options
    const keyOf = ({ id }: DefinitionRecord): string => id
    readRows(log, 'notify_routes', await store.routes(), keyOf, ({ id, definition }) => {
      this.#made.set(id, JSON.parse(definition) as PartDefinition[])
    })
    this.#routes = byId(await this.#openMade(new Set()))
  }

  /**
   * Makes a route or replaces it; on failure all is as before.
   * @param given Secrets may be masked.
   */
  async put(id: string, given: readonly PartDefinition[], check?: Precondition): Promise<Route> {
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
      this.#made.set(id, definition)
    }
    this.#unopened.forget('route', id)
    this.#swap(new Map(this.#routes).set(id, route))
    return route
  }

  /**
   * Delivers what the route has left. Fails with ROUTE_UNKNOWN or ROUTE_STATIC.
   * Differs: the original cannot delete one.
   */
  async remove(id: string, check?: Precondition): Promise<void> {
    check?.(this.get(id).revision)
    if (this.get(id).isStatic) throw StaticRoute()
    await this.#options.store.removeRoute(id)
    this.#made.delete(id)
    const routes = new Map(this.#routes)
    routes.delete(id)
    this.#swap(routes)
  }

  /**
   * Makes the routes of files, and changes nothing: those that are at work and have not changed are the same objects. What
   * is not committed then has to be discarded. Fails with NOTIFY_DEFINITION and the like, the id before the text.
   * @param isPlan A plan is a client's: it names no more of the server than what is in force.
   */
  async prepare(definitions: readonly StaticRouteDefinition[], isPlan: boolean): Promise<Route[]> {
    const prepared: Route[] = []
    for (const { id, definition } of definitions) {
      if (prepared.some((one) => one.id === id)) throw InvalidDefinition(`duplicate route ID: ${id}`)
      const before = this.#routes.get(id)
      const old = before?.isStatic === true ? before.definition : []
      const trustOf = (index: number): Trust =>
        isPlan && !this.#keepsReferences(definition[index]!, index, old) ? 'nobody' : 'owner'
      const route = await Route.open(id, definition, true, this.#options.routes, trustOf)
      prepared.push(unlessSame(before?.isStatic === true ? before : undefined, route))
    }
    return prepared
  }

  discard(prepared: readonly Route[]): void {
    for (const route of prepared) if (this.#routes.get(route.id) !== route) route.close()
  }

  /** What `commit` would change. */
  changesOf(prepared: readonly Route[]): Changes {
    return changesOf(statics([...this.#routes.values()]), prepared)
  }

  /** Opens routes of clients anew whose secrets have changed. @returns Puts the routes in force, at once. */
  async commit(prepared: readonly Route[]): Promise<() => void> {
    const made = await this.#openMade(new Set(prepared.map(({ id }) => id)))
    return () => this.#swap(byId([...prepared, ...made]))
  }

  /** Resolves when routes have delivered all but what waits for a receiver that is away. */
  async drained(): Promise<void> {
    await Promise.all([...this.#routes.values(), ...this.#retiring].map((route) => route.drained()))
  }

  close(): void {
    for (const route of [...this.#routes.values(), ...this.#retiring]) route.close()
  }

  #keepsReferences(definition: PartDefinition, index: number, before: readonly PartDefinition[]): boolean {
    return keepsReferences(definition, index, before, this.#options.routes.kinds.get(String(definition.type))?.params)
  }

  /** What clients made; those that are at work as they are. @param hidden Ids that files have. */
  async #openMade(hidden: ReadonlySet<string>): Promise<Route[]> {
    const opened: Route[] = []
    for (const [id, definition] of this.#made) {
      const before = this.#routes.get(id)
      if (hidden.has(id)) this.#options.log.warn('a file has the route that a client made', { route: id })
      else if (before?.isStatic === false) opened.push(await this.#renewed(before))
      else {
        await this.#unopened.orNote('route', id, async () => {
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

  /** Routes that are no longer there hand over what they have left, or go on until it is delivered. */
  #swap(next: ReadonlyMap<string, Route>): void {
    const before = this.#routes
    this.#routes = next
    for (const [id, route] of before) {
      if (next.get(id) === route) continue
      this.#retiring.add(route)
      this.#options.betweenBatches(() => route.retire(next.get(id)))
    }
    for (const route of this.#retiring) if (route.backlog === 0) this.#retiring.delete(route)
  }
}

function byId(routes: readonly Route[]): ReadonlyMap<string, Route> {
  return new Map(routes.map((route) => [route.id, route]))
}

/** The route before where the new one works alike, which is closed then. */
function unlessSame(before: Route | undefined, route: Route): Route {
  if (before?.fingerprint !== route.fingerprint) return route
  route.close()
  return before
}
