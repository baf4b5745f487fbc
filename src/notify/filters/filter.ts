import type { Instant } from '../../core/instant.ts'
import type { Logger } from '../../core/logger.ts'
import { type Alert, withFilterError } from '../alert.ts'
import type { RunCommand } from '../command.ts'
import type { Script, Subject } from '../expression.ts'
import { type Definition, type OptionsOf, type Params, readParams, showParams, type Wording } from '../params.ts'

/** A type of filter: its parameters, and what it does to a batch. */
export interface FilterKind {
  readonly type: string
  readonly summary: string
  readonly params: Params
  /** Fails with NOTIFY_DEFINITION and the like. */
  open(definition: Definition, deps: FilterDeps): Promise<OpenFilter>
  /** Why it may not have `all`; undefined where it may. */
  refusesAll?(id: string): string
  /** What the common part's messages begin with. */
  readonly commonPrefix?: (id: string) => string
}

export interface OpenFilter {
  readonly body: FilterBody<unknown>
  /** Its own part of what GET shows. */
  readonly shown: Definition
}

/** What a filter does; the condition has been evaluated. */
export interface FilterBody<S> {
  /** What it remembers from batch to batch: plain data, so that a trial can work on a copy. */
  newState(): S
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
  /** Fails with COMMAND_FORBIDDEN. */
  readonly checkCommand: (command: readonly string[]) => void
  readonly runCommand: RunCommand
  readonly log: Logger
}

/** One filter's turn at one batch: its time, and what became of the alerts. */
export class FilterRun {
  /** When the batch began. */
  readonly now: Instant
  readonly replaced = new Map<Alert, Alert>()
  readonly errors = new Map<Alert, string>()
  readonly #name: string

  constructor(name: string, now: Instant) {
    this.#name = name
    this.now = now
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
