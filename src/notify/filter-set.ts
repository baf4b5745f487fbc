import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { DefinitionRecord, DeltaRecord, NotifyStore } from '../store/notify.ts'
import { readRows } from '../store/read-rows.ts'
import { ActiveFilter, type FilterFactory, type Switches } from './active-filter.ts'
import { type Changes, changesOf, type StaticFilterDefinition, statics } from './changes.ts'
import { StaticFilter, UnknownFilter } from './errors.ts'
import { FilterTable } from './filter-table.ts'
import { InvalidDefinition, type PartDefinition } from './params.ts'
import type { Precondition } from './revision.ts'
import type { UnopenedParts } from './unopened.ts'

export interface FilterSetOptions {
  readonly store: NotifyStore
  readonly clock: Clock
  readonly log: Logger
  readonly filters: FilterFactory
}

/**
 * The filters in force, of files and of clients, with what the store has of them: definitions, switches, and the deltas
 * of what they remember. Its caller lets one change go on at a time.
 */
export class FilterSet {
  readonly #options: FilterSetOptions
  readonly #unopened: UnopenedParts
  #table = new FilterTable()
  /** What clients made, by id, in the order in which they were made. */
  readonly #made = new Map<string, PartDefinition>()
  /** Switches as the store has them. */
  readonly #switches = new Map<string, Switches>()
  /** Deltas that the process before this one stored for filters that are not there yet, by their ids. */
  readonly #deltas = new Map<string, DeltaRecord[]>()

  constructor(options: FilterSetOptions, unopened: UnopenedParts) {
    this.#options = options
    this.#unopened = unopened
  }

  get table(): FilterTable {
    return this.#table
  }

  /** Fails with FILTER_UNKNOWN. */
  get(id: string): ActiveFilter {
    const filter = this.#table.get(id)
    if (filter === undefined) throw UnknownFilter(id)
    return filter
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
      this.#made.set(id, JSON.parse(definition) as PartDefinition)
    })
    this.#table = new FilterTable(await this.#openMade(new Set()))
  }

  /** Makes a filter, or puts it in the place of the one of its id; on failure all is as before. */
  async put(id: string, definition: PartDefinition, check?: Precondition): Promise<ActiveFilter> {
    const { store, filters, log } = this.#options
    const filter = await ActiveFilter.open(id, definition, filters)
    await this.removeExpired()
    check?.(this.#table.get(id)?.revision)
    filter.isStatic = this.#table.get(id)?.isStatic === true
    if (filter.isStatic) {
      log.warn('a filter of a file is replaced until the file changes or the server restarts', { filter: id })
    } else {
      await store.putFilter({ id, definition: JSON.stringify(definition) })
      this.#made.set(id, definition)
    }
    await this.#forget(id)
    this.#unopened.forget('filter', id)
    this.#table = this.#table.with(filter)
    return filter
  }

  /**
   * Fails with FILTER_UNKNOWN or FILTER_STATIC. Differs: to delete one that does not exist is a 404, a static
   * one a 409; the original answers 200 and 500.
   */
  async remove(id: string, check?: Precondition): Promise<void> {
    await this.removeExpired()
    check?.(this.get(id).revision)
    if (this.get(id).isStatic) throw StaticFilter()
    await this.#remove([id])
  }

  /** Switches survive a restart. Fails with FILTER_UNKNOWN. */
  async switch(id: string, change: Partial<Switches>): Promise<void> {
    const filter = this.get(id)
    const switches = { ...filter.switches, ...change }
    await this.#options.store.putSwitches({ id, ...switches })
    this.#switches.set(id, switches)
    filter.switches = switches
  }

  async removeExpired(): Promise<void> {
    const expired = this.#table.expired(this.#options.clock.now())
    if (expired.length > 0) await this.#remove(expired)
  }

  /**
   * Makes the filters of files, and changes nothing: those that are at work and have not changed are the same objects.
   * Fails with NOTIFY_DEFINITION and the like, the id before the text.
   */
  async prepare(definitions: readonly StaticFilterDefinition[]): Promise<ActiveFilter[]> {
    const prepared: ActiveFilter[] = []
    for (const { id, definition } of definitions) {
      if (prepared.some((one) => one.id === id)) throw InvalidDefinition(`duplicate filter ID: ${id}`)
      const filter = await ActiveFilter.open(id, definition, this.#options.filters)
      const before = this.#table.get(id)
      const isSame = before?.isStatic === true && before.fingerprint === filter.fingerprint
      filter.isStatic = true
      if (!isSame && before === undefined) this.#restoreSwitches(filter)
      prepared.push(isSame ? before : filter)
    }
    return prepared
  }

  /** What `commit` would change. */
  changesOf(prepared: readonly ActiveFilter[]): Changes {
    return changesOf(statics(this.#table.list), prepared)
  }

  /** Lets go of what is remembered of filters that change or go. @returns Puts the filters in force, at once. */
  async commit(prepared: readonly ActiveFilter[]): Promise<() => void> {
    const { changed, removed } = this.changesOf(prepared)
    for (const id of [...changed, ...removed]) await this.#forget(id)
    for (const filter of prepared) if (this.#table.get(filter.id) !== filter) this.#restore(filter)
    const made = await this.#openMade(new Set(prepared.map(({ id }) => id)))
    return () => (this.#table = new FilterTable([...prepared, ...made]))
  }

  /** What clients made; those that are at work as they are. @param hidden Ids that files have. */
  async #openMade(hidden: ReadonlySet<string>): Promise<ActiveFilter[]> {
    const opened: ActiveFilter[] = []
    for (const [id, definition] of this.#made) {
      const before = this.#table.get(id)
      if (hidden.has(id)) this.#options.log.warn('a file has the filter that a client made', { filter: id })
      else if (before?.isStatic === false) opened.push(before)
      else {
        await this.#unopened.orNote('filter', id, async () => {
          const filter = await ActiveFilter.open(id, definition, this.#options.filters)
          this.#restoreSwitches(filter)
          this.#restore(filter)
          opened.push(filter)
        })
      }
    }
    return opened
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

  async #remove(ids: readonly string[]): Promise<void> {
    await this.#options.store.removeFilters(ids)
    for (const id of ids) {
      this.#unopened.forget('filter', id)
      this.#made.delete(id)
      this.#switches.delete(id)
    }
    this.#table = this.#table.without(new Set(ids))
  }
}
