import type { Instant } from '../../core/instant.ts'
import type { Logger } from '../../core/logger.ts'
import { type Alert, withFilterError } from '../alert.ts'
import type { Commands } from '../../core/commands.ts'
import type { Script, Subject } from '../expression.ts'
import { type OptionsOf, type Params, type PartDefinition, readParams, showParams, type Wording } from '../params.ts'

/** A type of filter: its parameters, and what it does to a batch. */
export interface FilterKind {
  readonly type: string
  readonly summary: string
  readonly params: Params
  /** Fails with NOTIFY_DEFINITION and the like. */
  open(definition: PartDefinition, deps: FilterDeps): Promise<OpenFilter>
  /** Why a filter may not have `all`; undefined where it may. */
  refusesAll?(id: string): string
  /** What the common part's messages begin with. */
  readonly commonPrefix?: (id: string) => string
}

export interface OpenFilter {
  readonly body: FilterBody<unknown>
  /** What GET shows of the filter beside what all have. */
  readonly shown: PartDefinition
}

/** Something that a filter remembers under a key until it expires: so many of them. */
export interface StateDelta {
  readonly key: string
  /** Unix milliseconds. */
  readonly untilMs: number
  readonly count: number
}

/** What a filter does; the condition has been evaluated. */
export interface FilterBody<S> {
  /**
   * What it remembers from batch to batch: plain data, so that a trial can work on a copy. Whatever a batch adds to it
   * is a delta of the run, so that it survives the process.
   */
  newState(): S
  /** Adds deltas to the state; a negative count takes one away again. @param deltas In the order in which they expire. */
  restore?(state: S, deltas: readonly StateDelta[]): void
  /**
   * @param matches Whether the condition holds, for each alert; never for one that has failed it.
   * @returns What is left, in order.
   */
  apply(
    alerts: readonly Alert[],
    matches: readonly boolean[],
    run: FilterRun,
    state: S
  ): readonly Alert[] | Promise<readonly Alert[]>
}

/** What a filter asks of the world. */
export interface FilterDeps {
  readonly id: string
  readonly all: boolean
  /** Fails with PROGRAM_INVALID. */
  readonly prepare: (source: string, subject: Subject) => Promise<Script>
  readonly commands: Commands
  readonly log: Logger
}

/** One filter's turn at one batch: its time, and what became of the alerts. */
export class FilterRun {
  /** When the batch began. */
  readonly now: Instant
  readonly replaced = new Map<Alert, Alert>()
  readonly errors = new Map<Alert, string>()
  readonly #deltas = new Map<string, StateDelta>()
  readonly #name: string

  constructor(name: string, now: Instant) {
    this.#name = name
    this.now = now
  }

  /** What the batch adds to the state of the filter. */
  get deltas(): readonly StateDelta[] {
    return [...this.#deltas.values()]
  }

  /** Counts one more. @param untilMs The same for all of a key. */
  addDelta(key: string, untilMs: number): void {
    this.#deltas.set(key, { key, untilMs, count: (this.#deltas.get(key)?.count ?? 0) + 1 })
  }

  /** Notes that `next` takes the place of `old`; returns it. */
  replace(old: Alert, next: Alert): Alert {
    this.replaced.set(old, next)
    return next
  }

  /**
   * Keeps the alert as it was, with a note.
   * Differs: in the original one failure loses the whole batch.
   */
  fail(alert: Alert, message: string): Alert {
    const error = `${this.#name}: ${message}`
    this.errors.set(alert, error)
    return this.replace(alert, withFilterError(alert, error))
  }
}

interface KindInput<P extends Params, S> {
  readonly type: string
  readonly summary: string
  readonly params: P
  readonly words: (id: string) => Wording
  readonly commonPrefix?: (id: string) => string
  refusesAll?(id: string): string
  open(options: OptionsOf<P>, deps: FilterDeps): FilterBody<S> | Promise<FilterBody<S>>
}

export function defineFilter<const P extends Params, S>(input: KindInput<P, S>): FilterKind {
  const { params, words, open, ...rest } = input
  return {
    ...rest,
    params,
    async open(definition, deps) {
      const options = readParams(params, definition, words(deps.id))
      const body = await open(options, deps)
      return { body: body as FilterBody<unknown>, shown: showParams(params, options) }
    }
  }
}
