import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Secrecies } from '../core/secrecy.ts'
import type { HandlerCall } from '../graph/spec.ts'
import type { InlineHandler } from './handlers/handler.ts'
import { Mailbox } from './mailbox.ts'
import type { HandlerFactory, OpenedHandler } from './handler-factory.ts'
import type { AlertOutbox } from './outbox.ts'
import type { TopicSubscribers } from './topic-subscribers.ts'
import type { HandlerHost } from './topic-handlers.ts'
import type { Topics } from './topics.ts'

export interface AttachmentsOptions {
  readonly topics: Topics
  readonly factory: HandlerFactory
  readonly outbox: AlertOutbox
  readonly subscribers: TopicSubscribers
  readonly log: Logger
  /** Resolves when what was collected until now has been handed over. */
  readonly flushed: () => Promise<unknown>
}

/** Why what a handler holds becomes dead letters. */
export const GONE = 'the handler was removed'

/** Handlers at work on topics: each gets what was collected before it goes, and goes on with what one of its name left. */
export class Attachments implements HandlerHost {
  readonly #options: AttachmentsOptions
  /** Ends of handlers that are under way. */
  readonly #ending = new Set<Promise<void>>()

  constructor(options: AttachmentsOptions) {
    this.#options = options
  }

  open({ kind, options, match }: Parameters<HandlerHost['open']>[0]): OpenedHandler {
    return this.#options.factory.open(kind, options, match)
  }

  secreciesOf(kind: string): Secrecies {
    return this.#options.factory.secreciesOf(kind)
  }

  attach(id: string, name: string, { kind, match, handler }: OpenedHandler): void {
    const topic = this.#options.topics.get(id)
    topic.isHidden = false
    const before = topic.handlers.get(name)?.target
    if (before !== undefined && !(before instanceof Mailbox && 'send' in handler)) this.#end(before, GONE)
    if ('receive' in handler) return void topic.handlers.set(name, { match, target: handler })
    const mailbox = this.#options.outbox.open(id, name)
    mailbox.open(kind, handler)
    topic.handlers.set(name, { match, target: mailbox })
  }

  detach(id: string, name: string): void {
    this.#remove(id, (one) => one === name)
  }

  detachAll(id: string): void {
    this.#remove(id, () => true)
  }

  /** Puts those of an alert node on its topic, in the place of all others. Throws where one of them cannot be made. */
  attachCalls(id: string, calls: readonly HandlerCall[]): void {
    const { factory, topics } = this.#options
    const opened = calls.map(
      ({ kind, options }, index) => [`${kind}${index}`, factory.openCall(kind, options)] as const
    )
    const names = new Set<string>(opened.map(([name]) => name))
    this.#remove(id, (name) => !names.has(name))
    topics.get(id).isHidden = false
    for (const [name, handler] of opened) this.attach(id, name, handler)
  }

  /** Throws where the configuration does not allow what calls name. */
  checkAllowed(calls: readonly HandlerCall[]): void {
    for (const { kind, options } of calls) this.#options.factory.checkAllowed(kind, options)
  }

  /** Takes all handlers off a topic; what they hold waits for the next ones of their names. */
  release(id: string): void {
    const handlers = this.#options.topics.find(id)?.handlers
    for (const { target } of handlers?.values() ?? []) this.#end(target)
    handlers?.clear()
  }

  /** Takes all handlers off all topics, and closes those that deliver nothing. */
  releaseAll(): void {
    for (const { handlers } of this.#options.topics.all) {
      for (const { target } of handlers.values()) if (!(target instanceof Mailbox)) target.close?.()
      handlers.clear()
    }
  }

  /** Resolves when those that were taken off have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** Takes handlers off a topic for good. */
  #remove(id: string, isMeant: (name: string) => boolean): void {
    const { topics, outbox, subscribers } = this.#options
    const topic = topics.find(id)
    for (const [name, { target }] of topic?.handlers ?? []) {
      if (!isMeant(name)) continue
      topic?.handlers.delete(name)
      if (!(target instanceof Mailbox)) this.#end(target)
    }
    for (const mailbox of outbox.ofTopic(id)) {
      if (isMeant(mailbox.name) && !subscribers.has(mailbox.name)) this.#end(mailbox, GONE)
    }
  }

  /** @param reason Makes dead letters of what it cannot deliver; without, that waits for its next handler. */
  #end(target: Mailbox | InlineHandler, reason?: string): void {
    const { flushed, log } = this.#options
    const ready = flushed()
    const ended =
      target instanceof Mailbox
        ? target.shut({ ready, ...(reason !== undefined && { reason }) })
        : ready.then(() => target.close?.())
    const ending = ended
      .catch((error: unknown) => log.error('failed to end a handler', { err: messageOf(error) }))
      .finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}
