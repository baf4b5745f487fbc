import { formatInstant, instantOfNanos } from '../core/instant.ts'
import { type AlertEvent, type Level, type LevelName, LEVELS } from '../model/event.ts'

/** A change of the level of an alert. */
export interface Transition {
  /** Which alert node of the script, from 0. */
  readonly alert: number
  readonly id: string
  readonly timeNs: bigint
  readonly from: Level
  readonly level: Level
  readonly message: string
  readonly details: string
}

/** How two versions of a task differ in what they tell. */
export interface TransitionDiff {
  /** How many transitions are the same in both. */
  readonly same: number
  readonly added: readonly Transition[]
  readonly missing: readonly Transition[]
  readonly changedTime: readonly TransitionChange[]
  readonly changedText: readonly TransitionChange[]
}

export interface TransitionChange {
  readonly before: Transition
  readonly after: Transition
}

/** Transitions that are kept of one version. */
export const MAX_TRANSITIONS = 100_000

/** The changes of level among events, as they come. */
export class TransitionLog {
  readonly list: Transition[] = []
  events = 0
  /** Whether there were more than are kept. */
  isCut = false
  readonly #levels = new Map<string, Level>()
  readonly #alerts: ReadonlyMap<string, number>

  /** @param alerts Anonymous topics of the alert nodes, in the order of the script. */
  constructor(alerts: readonly string[]) {
    this.#alerts = new Map(alerts.map((topic, index) => [topic, index]))
  }

  collect(events: readonly AlertEvent[]): void {
    for (const { topics, id, timeNs, level, message, details } of events) {
      this.events++
      const alert = this.#alerts.get(topics[0]!) ?? -1
      const key = `${alert} ${id}`
      const from = this.#levels.get(key) ?? 0
      if (from === level) continue
      this.#levels.set(key, level)
      if (this.list.length >= MAX_TRANSITIONS) this.isCut = true
      else this.list.push({ alert, id, timeNs, from, level, message, details })
    }
  }
}

/**
 * Compares by alert and id. Transitions to one level at one time belong together; of the others, those to one level
 * do in their order, as ones whose time has changed, unless one between them belongs to another.
 */
export function compareTransitions(before: readonly Transition[], after: readonly Transition[]): TransitionDiff {
  const diff = { same: 0, added: [], missing: [], changedTime: [], changedText: [] } satisfies TransitionDiff as Diff
  const pairs = new Map<string, [Transition[], Transition[]]>()
  for (const [side, list] of [before, after].entries()) {
    for (const transition of list) {
      const key = `${transition.alert} ${transition.id}`
      let pair = pairs.get(key)
      if (pair === undefined) pairs.set(key, (pair = [[], []]))
      pair[side]!.push(transition)
    }
  }
  for (const [old, fresh] of pairs.values()) comparePair(old, fresh, diff)
  for (const list of [diff.added, diff.missing]) list.sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1))
  return diff
}

interface Diff {
  same: number
  added: Transition[]
  missing: Transition[]
  changedTime: TransitionChange[]
  changedText: TransitionChange[]
}

function comparePair(before: readonly Transition[], after: readonly Transition[], diff: Diff): void {
  const key = ({ timeNs, level }: Transition): string => `${timeNs} ${level}`
  const places = new Map(after.map((transition, index) => [key(transition), index]))
  let [i, j] = [0, 0]
  for (const [index, one] of before.entries()) {
    const place = places.get(key(one))
    if (place === undefined || place < j) continue
    compareGap(before.slice(i, index), after.slice(j, place), diff)
    const other = after[place]!
    if (one.message === other.message && one.details === other.details) diff.same++
    else diff.changedText.push({ before: one, after: other })
    ;[i, j] = [index + 1, place + 1]
  }
  compareGap(before.slice(i), after.slice(j), diff)
}

/** Between two that belong together. */
function compareGap(before: readonly Transition[], after: readonly Transition[], diff: Diff): void {
  let j = 0
  for (const transition of before) {
    const at = after.findIndex(({ level }, index) => index >= j && level === transition.level)
    if (at < 0) {
      diff.missing.push(transition)
      continue
    }
    diff.added.push(...after.slice(j, at))
    diff.changedTime.push({ before: transition, after: after[at]! })
    j = at + 1
  }
  diff.added.push(...after.slice(j))
}

/** A transition as answers carry it. */
export function transitionJson({ alert, id, timeNs, from, level, message, details }: Transition) {
  const name = (one: Level): LevelName => LEVELS[one]
  const time = formatInstant(instantOfNanos(timeNs))
  return { alert, id, time, from: name(from), level: name(level), message, details }
}
