/**
 * Errors of the world and of callers, told apart by a stable code. `api/problems.ts` alone turns a code into an
 * HTTP answer; across threads an error travels as `{ code, message }` (`toWire` / `fromWire`).
 */
export class AppError extends Error {
  readonly code: string
  /** HTTP status that a client gets for it. */
  readonly status: number

  constructor(code: string, status: number, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
    this.status = status
  }
}

export interface WireError {
  readonly code: string
  readonly status: number
  readonly message: string
}

/**
 * Declares an error once, beside the code that raises it: a factory whose words are Kapacitor's where clients match
 * on them. Codes are unique over the project and never reused.
 */
export function defineError<A extends unknown[]>(
  code: string,
  status: number,
  message: (...args: A) => string
): (...args: A) => AppError {
  return (...args) => new AppError(code, status, message(...args))
}

export function toWire(error: unknown): WireError {
  if (error instanceof AppError) return { code: error.code, status: error.status, message: error.message }
  return { code: 'INTERNAL', status: 500, message: messageOf(error) }
}

export function fromWire(wire: WireError): AppError {
  return new AppError(wire.code, wire.status, wire.message)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
