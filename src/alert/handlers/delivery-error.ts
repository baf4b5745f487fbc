import { AppError, messageOf } from '../../core/errors.ts'

/**
 * Why an attempt failed, by what is to be done:
 * - `unavailable`: nobody takes anything now; wait, keep the order, try again.
 * - `failed`: this event was not taken; try it again later, go on with the others.
 * - `refused`: it will never be taken.
 */
export type FailureKind = 'unavailable' | 'failed' | 'refused'

export class DeliveryError extends Error {
  readonly failure: FailureKind
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(
    failure: FailureKind,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {}
  ) {
    super(message, { cause: options.cause })
    this.name = 'DeliveryError'
    this.failure = failure
    this.retryAfterMs = options.retryAfterMs
  }
}

/** What any thrown thing means for a delivery: errors of ours (a service that is not enabled) are `refused`. */
export function failureOf(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  return new DeliveryError(error instanceof AppError ? 'refused' : 'failed', messageOf(error), { cause: error })
}
