import type { OpenHandler } from './handlers/handler.ts'
import type { Mailbox } from './mailbox.ts'
import type { AlertOutbox } from './outbox.ts'

/** A handler that gets the events of every topic of some names, those of tasks, too. */
export interface TopicSubscriber {
  /** Id of the handler; not that of another one. */
  readonly name: string
  readonly kind: string
  readonly handler: OpenHandler
  readonly isMeant: (topic: string) => boolean
}

/** The mailboxes of subscribers, each made with the first event of its topic. They stay when the topic goes. */
export class TopicSubscribers {
  readonly #subscribers: readonly TopicSubscriber[]
  readonly #outbox: AlertOutbox
  readonly #mailboxes = new Map<string, readonly Mailbox[]>()

  constructor(subscribers: readonly TopicSubscriber[], outbox: AlertOutbox) {
    this.#subscribers = subscribers
    this.#outbox = outbox
  }

  has(name: string): boolean {
    return this.#subscribers.some((subscriber) => subscriber.name === name)
  }

  mailboxesOf(topic: string): readonly Mailbox[] {
    let mailboxes = this.#mailboxes.get(topic)
    if (mailboxes === undefined) {
      mailboxes = this.#subscribers
        .filter(({ isMeant }) => isMeant(topic))
        .map((subscriber) => this.#open(topic, subscriber))
      this.#mailboxes.set(topic, mailboxes)
    }
    return mailboxes
  }

  /** Goes on with what an earlier run left. */
  load(): void {
    for (const { topic, name } of this.#outbox.all) if (this.has(name)) this.mailboxesOf(topic)
  }

  #open(topic: string, { name, kind, handler }: TopicSubscriber): Mailbox {
    const mailbox = this.#outbox.open(topic, name)
    mailbox.open(kind, handler)
    return mailbox
  }
}
