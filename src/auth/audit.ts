import type { Clock, Timer } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { Serial } from '../core/serial.ts'
import type { AuditStore } from '../store/audit.ts'

/** Who made a change, to what, and how that was before and after; undefined: it was not there. */
export interface AuditedChange {
  readonly actor: string
  readonly address: string
  readonly kind: string
  readonly id: string
  readonly before: unknown
  readonly after: unknown
}

/** One member that is otherwise now; values are JSON texts, undefined where it was not there. */
export interface MemberChange {
  readonly path: string
  readonly before?: string
  readonly after?: string
}

export interface AuditLimits {
  readonly rows: number
  readonly ageMs: number
}

const RETAIN_EVERY_MS = 60 * 60_000
/** Beyond these a change is told in part: whoever wants all of a script has it in git. */
const MEMBERS_MAX = 100
const VALUE_MAX_CHARS = 4000

/** What was changed by whom, as long as it is kept. What is masked for readers must be so in what it is given. */
export class Audit {
  readonly store: AuditStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #limits: AuditLimits
  readonly #serial = new Serial()
  readonly #timer: Timer
  #last: bigint

  private constructor(store: AuditStore, last: bigint, limits: AuditLimits, clock: Clock, log: Logger) {
    this.store = store
    this.#last = last
    this.#limits = limits
    this.#clock = clock
    this.#log = log
    this.#timer = clock.every(RETAIN_EVERY_MS, () => void this.retain())
  }

  static async open(store: AuditStore, limits: AuditLimits, clock: Clock, log: Logger): Promise<Audit> {
    return new Audit(store, await store.lastSequence(), limits, clock, log)
  }

  /** Stores it and tells the log. Never rejects: the change has been made. */
  record({ actor, address, kind, id, before, after }: AuditedChange): Promise<void> {
    const action = actionOf(before, after)
    this.#log.info('changed', { user: actor, action, kind, id, ...(address !== '' && { address }) })
    const changes = JSON.stringify(changesBetween(before, after))
    const record = { timeMs: this.#clock.now().ms, actor, address, action, kind, id, changes }
    return this.#attempt('failed to store who made a change', () => this.store.add(++this.#last, record))
  }

  /** Takes out what is too old, or too much. */
  retain(): Promise<void> {
    const { rows, ageMs } = this.#limits
    return this.#attempt('failed to take old changes out of the audit', () =>
      this.store.retain(this.#clock.now().ms - ageMs, rows, this.#last)
    )
  }

  async close(): Promise<void> {
    this.#timer.cancel()
    await this.#serial.run(() => Promise.resolve())
  }

  #attempt(message: string, work: () => Promise<void>): Promise<void> {
    return this.#serial.run(work).catch((error: unknown) => this.#log.error(message, { err: messageOf(error) }))
  }
}

function actionOf(before: unknown, after: unknown): string {
  if (before === undefined) return after === undefined ? 'run' : 'create'
  return after === undefined ? 'delete' : 'update'
}

/** Members are compared down to what is no object; what is as it was is left out. */
export function changesBetween(before: unknown, after: unknown): readonly MemberChange[] {
  const changes: MemberChange[] = []
  collect(plain(before), plain(after), '', changes)
  return changes
}

function collect(before: unknown, after: unknown, path: string, into: MemberChange[]): void {
  if (into.length >= MEMBERS_MAX) return
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(before[name], after[name], path === '' ? name : `${path}.${name}`, into)
    }
    return
  }
  const [was, is] = [textOf(before), textOf(after)]
  if (was === is) return
  into.push({ path, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) })
}

/** A value as a client reads it: maps as objects, integers past 2^53 as texts. */
function plain(value: unknown): unknown {
  if (value === undefined) return undefined
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => {
      if (member instanceof Map) return Object.fromEntries(member as Map<string, unknown>)
      return typeof member === 'bigint' ? String(member) : member
    })
  )
}

function textOf(value: unknown): string | undefined {
  const text = value === undefined ? undefined : JSON.stringify(value)
  return text !== undefined && text.length > VALUE_MAX_CHARS ? `${text.slice(0, VALUE_MAX_CHARS)}…` : text
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
