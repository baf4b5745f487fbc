import { AppError, messageOf } from '../../core/errors.ts'
import { redactedMessage, redactorOf } from '../../core/redact.ts'
import { DeliveryError } from './delivery-error.ts'

/**
 * Keeps secrets out of the errors of a handler or transport: what its peer says of a request goes into the log, into
 * dead letters and into answers, and a peer may echo what it was sent.
 */
export class Redaction {
  readonly #secrets: () => readonly string[]

  /** @param secrets Those that may be sent, as they are at the time of the error. */
  constructor(secrets: () => readonly string[]) {
    this.#secrets = secrets
  }

  during<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.#redacted(error)
    }
  }

  async ofAsync<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#redacted(error)
    }
  }

  /** The error itself where there is nothing to mask; otherwise one of its kind without a cause, which might tell more. */
  #redacted(error: unknown): unknown {
    const message = redactedMessage(error, redactorOf(this.#secrets()))
    if (message === messageOf(error)) return error
    if (error instanceof DeliveryError) {
      return new DeliveryError(error.failure, message, { retryAfterMs: error.retryAfterMs })
    }
    return error instanceof AppError ? new AppError(error.code, error.status, message) : new Error(message)
  }
}
