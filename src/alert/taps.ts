import type { OpenHandler } from './handlers/handler.ts'
import type { Mailbox } from './mailbox.ts'
import type { Outbox } from './outbox.ts'

/** A handler that gets the events of every topic of some names, those of tasks, too. */
export interface Tap {
  /** Id of the handler; not that of another one. */
  readonly name: string
  readonly kind: string
  readonly handler: OpenHandler
  readonly isMeant: (topic: string) => boolean
}

/** The mailboxes of taps, each made with the first event of its topic. They stay when the topic goes. */
export class Taps {
  readonly #taps: readonly Tap[]
  readonly #outbox: Outbox
  readonly #mailboxes = new Map<string, readonly Mailbox[]>()

  constructor(taps: readonly Tap[], outbox: Outbox) {
    this.#taps = taps
    this.#outbox = outbox
  }

  has(name: string): boolean {
    return this.#taps.some((tap) => tap.name === name)
  }

  of(topic: string): readonly Mailbox[] {
    let mailboxes = this.#mailboxes.get(topic)
    if (mailboxes === undefined) {
      mailboxes = this.#taps.filter(({ isMeant }) => isMeant(topic)).map((tap) => this.#open(topic, tap))
      this.#mailboxes.set(topic, mailboxes)
    }
    return mailboxes
  }

  /** Goes on with what an earlier run left. */
  load(): void {
    for (const { topic, name } of this.#outbox.all) if (this.has(name)) this.of(topic)
  }

  #open(topic: string, { name, kind, handler }: Tap): Mailbox {
    const mailbox = this.#outbox.open(topic, name)
    mailbox.open(kind, handler)
    return mailbox
  }
}
