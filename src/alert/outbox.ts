import type { Timer } from '../core/clock.ts'
import { defineError, messageOf } from '../core/errors.ts'
import { quote } from '../core/print.ts'
import type { DeadLetterRow, LetterFilter, PendingRow, Settlement } from '../store/outbox.ts'
import { Mailbox, type MailboxHost } from './mailbox.ts'

export const MailboxUnknown = defineError(
  'OUTBOX_HANDLER_UNKNOWN',
  404,
  (topic: string, handler: string) => `nothing is sent from topic ${quote(topic)} to handler ${quote(handler)}`
)
export const EntryUnknown = defineError(
  'OUTBOX_ENTRY_UNKNOWN',
  404,
  (entry: string) => `entry ${quote(entry)} does not wait, or is being delivered`
)
export const LetterUnknown = defineError(
  'OUTBOX_LETTER_UNKNOWN',
  404,
  (letter: string) => `unknown dead letter ${quote(letter)}`
)

export type OutboxOptions = Omit<MailboxHost, 'settle' | 'flush' | 'buried' | 'isClosing'> & {
  readonly deadLetters: number
}

/** How long the end of a delivery may wait for others, to be stored together. */
const SETTLE_MS = 100
const SETTLE_MAX = 2000
/** Dead letters beyond the limit that may gather until the oldest are taken out. */
const LETTERS_SLACK = 0.1

/**
 * What is to be delivered, by topic and handler. An event comes in once it is stored, together with the names of its
 * handlers; how each delivery ended is stored soon after, many at once. What a crash leaves between the two is
 * delivered again, with the same key.
 */
export class Outbox implements MailboxHost {
  readonly store
  readonly sequence
  readonly clock
  readonly log
  readonly random
  readonly turns
  readonly crashGuard
  readonly limits
  readonly serverId
  isClosing = false
  /** Dead letters since the start. */
  dead = 0
  /** Those that are kept. */
  letters = 0
  readonly #maxLetters: number
  readonly #mailboxes = new Map<string, Map<string, Mailbox>>()
  #settlements: Settlement[] = []
  #storing: Promise<void> = Promise.resolve()
  #timer: Timer | undefined

  constructor({
    store,
    sequence,
    clock,
    log,
    random,
    turns,
    crashGuard,
    limits,
    serverId,
    deadLetters
  }: OutboxOptions) {
    this.store = store
    this.sequence = sequence
    this.clock = clock
    this.log = log
    this.random = random
    this.turns = turns
    this.crashGuard = crashGuard
    this.limits = limits
    this.serverId = serverId
    this.#maxLetters = deadLetters
  }

  /** Finds what an earlier run did not deliver. It waits for its handlers. */
  async load(): Promise<void> {
    this.letters = await this.store.letterCount()
    for (const found of await this.store.pending()) {
      this.#of(found.topic).set(found.handler, new Mailbox(this, found.topic, found.handler, found))
    }
  }

  get all(): Mailbox[] {
    return [...this.#mailboxes.values()].flatMap((mailboxes) => [...mailboxes.values()])
  }

  /** Events that are still to be delivered. */
  get pending(): number {
    let pending = 0
    for (const mailboxes of this.#mailboxes.values()) for (const one of mailboxes.values()) pending += one.pending
    return pending
  }

  /** What waits has sequences from this one on; undefined where nothing waits. */
  get oldest(): bigint | undefined {
    const oldest = this.all.map((mailbox) => mailbox.oldest).filter((sequence) => sequence !== undefined)
    return oldest.reduce<bigint | undefined>(
      (least, one) => (least === undefined || one < least ? one : least),
      undefined
    )
  }

  ofTopic(topic: string): Mailbox[] {
    return [...(this.#mailboxes.get(topic)?.values() ?? [])]
  }

  /** Fails with OUTBOX_HANDLER_UNKNOWN. */
  get(topic: string, handler: string): Mailbox {
    const mailbox = this.#mailboxes.get(topic)?.get(handler)
    if (mailbox === undefined) throw MailboxUnknown(topic, handler)
    return mailbox
  }

  /** The mailbox of a handler, made where it is missing. */
  open(topic: string, handler: string): Mailbox {
    const mailboxes = this.#of(topic)
    let mailbox = mailboxes.get(handler)
    if (mailbox === undefined) mailboxes.set(handler, (mailbox = new Mailbox(this, topic, handler)))
    return mailbox
  }

  /** Forgets those without handler and content. */
  sweep(): void {
    for (const [topic, mailboxes] of this.#mailboxes) {
      for (const [name, mailbox] of mailboxes) {
        if (!mailbox.hasHandler && mailbox.pending === 0) mailboxes.delete(name)
      }
      if (mailboxes.size === 0) this.#mailboxes.delete(topic)
    }
  }

  /** A part of what waits for a handler, in order. */
  async entries(topic: string, handler: string, limit: number, offset: number): Promise<PendingRow[]> {
    await this.flush()
    return await this.store.page(topic, handler, 0n, this.sequence.take(), limit, offset)
  }

  /** Newest first. */
  async deadLetters(filter: LetterFilter, limit: number, offset: number): Promise<DeadLetterRow[]> {
    await this.flush()
    return await this.store.letters(filter, 'DESC', limit, offset)
  }

  /** @returns How many there were. */
  async dropLetters(filter: LetterFilter): Promise<number> {
    await this.flush()
    const dropped = await this.store.removeLetters(filter)
    this.letters -= dropped
    return dropped
  }

  /** Dead letters that were put into mailboxes again. */
  async revived(letters: readonly bigint[]): Promise<void> {
    await this.store.removeLettersOf(letters)
    this.letters -= letters.length
  }

  /** Takes out what is beyond the limits of age, or of the number of dead letters. */
  async retain(lettersSince: bigint, handlersSince: bigint): Promise<void> {
    for (const mailbox of this.all) await mailbox.giveUpBefore(handlersSince)
    this.sweep()
    await this.flush()
    await this.store.retainLetters(this.#maxLetters, lettersSince)
    this.letters = await this.store.letterCount()
  }

  settle(settlement: Settlement): void {
    this.#settlements.push(settlement)
    if (settlement.outcome === 'dead') this.buried(1)
    if (this.#settlements.length >= SETTLE_MAX) void this.flush()
    else this.#timer ??= this.clock.after(SETTLE_MS, () => void this.flush())
  }

  buried(count: number): void {
    this.dead += count
    this.letters += count
  }

  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const settlements = this.#settlements
    if (settlements.length === 0) return this.#storing
    this.#settlements = []
    return (this.#storing = this.#storing.then(() => this.#save(settlements)))
  }

  async #save(settlements: readonly Settlement[]): Promise<void> {
    try {
      await this.store.settle(settlements, this.sequence.take(settlements.length))
      if (this.letters > this.#maxLetters * (1 + LETTERS_SLACK)) {
        await this.store.retainLetters(this.#maxLetters, 0n)
        this.letters = await this.store.letterCount()
      }
    } catch (error) {
      // They are delivered again after a restart.
      this.log.error('failed to store what was delivered', { count: settlements.length, err: messageOf(error) })
    }
  }

  #of(topic: string): Map<string, Mailbox> {
    let mailboxes = this.#mailboxes.get(topic)
    if (mailboxes === undefined) this.#mailboxes.set(topic, (mailboxes = new Map()))
    return mailboxes
  }
}
