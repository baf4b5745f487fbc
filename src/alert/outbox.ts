import type { Timer } from '../core/clock.ts'
import { defineError, messageOf } from '../core/errors.ts'
import { quote } from '../core/print.ts'
import type { DeadLetterFilter, DeadLetterRow, EndedDelivery, PendingRow } from '../store/outbox.ts'
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
export const DeadLetterUnknown = defineError(
  'OUTBOX_LETTER_UNKNOWN',
  404,
  (letter: string) => `unknown dead letter ${quote(letter)}`
)

export type OutboxOptions = Omit<MailboxHost, 'recordOutcome' | 'flush' | 'countDeadLetters' | 'isClosing'> & {
  readonly deadLetters: number
}

/** How long the end of a delivery may wait for others, to be stored together. */
const STORE_MS = 100
const STORE_MAX = 2000
/** Dead letters beyond the limit that may gather until the oldest are taken out. */
const LETTERS_SLACK = 0.1

/**
 * What is to be delivered, by topic and handler. An event comes in once it is stored, together with the names of its
 * handlers; how each delivery ended is stored soon after, many at once. What a crash leaves between the two is
 * delivered again, with the same key.
 */
export class AlertOutbox implements MailboxHost {
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
  /** Dead letters that are kept. */
  deadLetterCount = 0
  readonly #maxDeadLetters: number
  readonly #mailboxes = new Map<string, Map<string, Mailbox>>()
  #unstoredOutcomes: EndedDelivery[] = []
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
    this.#maxDeadLetters = deadLetters
  }

  /** Finds what an earlier run did not deliver. It waits for its handlers. */
  async load(): Promise<void> {
    this.deadLetterCount = await this.store.deadLetterCount()
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
    for (const mailboxes of this.#mailboxes.values())
      for (const mailbox of mailboxes.values()) pending += mailbox.pending
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
  async deadLetters(filter: DeadLetterFilter, limit: number, offset: number): Promise<DeadLetterRow[]> {
    await this.flush()
    return await this.store.deadLetters(filter, 'DESC', limit, offset)
  }

  /** @returns How many there were. */
  async dropDeadLetters(filter: DeadLetterFilter): Promise<number> {
    await this.flush()
    const dropped = await this.store.removeDeadLetters(filter)
    this.deadLetterCount -= dropped
    return dropped
  }

  /** Dead letters that were put into mailboxes again. */
  async revived(letters: readonly bigint[]): Promise<void> {
    await this.store.removeDeadLettersOf(letters)
    this.deadLetterCount -= letters.length
  }

  /** Takes out what is beyond the limits of age, or of the number of dead letters. */
  async retain(lettersSince: bigint, handlersSince: bigint): Promise<void> {
    for (const mailbox of this.all) await mailbox.giveUpBefore(handlersSince)
    this.sweep()
    await this.flush()
    await this.store.retainDeadLetters(this.#maxDeadLetters, lettersSince)
    this.deadLetterCount = await this.store.deadLetterCount()
  }

  recordOutcome(ended: EndedDelivery): void {
    this.#unstoredOutcomes.push(ended)
    if (ended.outcome === 'dead') this.countDeadLetters(1)
    if (this.#unstoredOutcomes.length >= STORE_MAX) void this.flush()
    else this.#timer ??= this.clock.after(STORE_MS, () => void this.flush())
  }

  countDeadLetters(count: number): void {
    this.dead += count
    this.deadLetterCount += count
  }

  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const outcomes = this.#unstoredOutcomes
    if (outcomes.length === 0) return this.#storing
    this.#unstoredOutcomes = []
    return (this.#storing = this.#storing.then(() => this.#save(outcomes)))
  }

  async #save(outcomes: readonly EndedDelivery[]): Promise<void> {
    try {
      await this.store.recordOutcomes(outcomes, this.sequence.take(outcomes.length))
      if (this.deadLetterCount > this.#maxDeadLetters * (1 + LETTERS_SLACK)) {
        await this.store.retainDeadLetters(this.#maxDeadLetters, 0n)
        this.deadLetterCount = await this.store.deadLetterCount()
      }
    } catch (error) {
      // The events are delivered again after a restart.
      this.log.error('failed to store what was delivered', { count: outcomes.length, err: messageOf(error) })
    }
  }

  #of(topic: string): Map<string, Mailbox> {
    let mailboxes = this.#mailboxes.get(topic)
    if (mailboxes === undefined) this.#mailboxes.set(topic, (mailboxes = new Map()))
    return mailboxes
  }
}
