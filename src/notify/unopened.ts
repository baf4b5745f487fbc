import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** A filter or route of a client that cannot be made any more. */
export interface UnopenedPart {
  readonly kind: 'filter' | 'route'
  readonly id: string
  readonly error: string
}

/** The filters and routes of clients that could not be made when the process was started, or since. */
export class UnopenedParts {
  readonly #log: Logger
  readonly #parts = new Map<string, UnopenedPart>()

  constructor(log: Logger) {
    this.#log = log
  }

  get all(): readonly UnopenedPart[] {
    return [...this.#parts.values()]
  }

  /** The part is there now, or is gone. */
  forget(kind: UnopenedPart['kind'], id: string): void {
    this.#parts.delete(`${kind} ${id}`)
  }

  /** Makes a part; where that fails it is noted and logged. */
  async orNote(kind: UnopenedPart['kind'], id: string, make: () => Promise<void>): Promise<void> {
    try {
      await make()
      this.forget(kind, id)
    } catch (error) {
      this.#parts.set(`${kind} ${id}`, { kind, id, error: messageOf(error) })
      this.#log.error(`failed to make a ${kind}`, { [kind]: id, err: messageOf(error) })
    }
  }
}
