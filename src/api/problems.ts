import { AppError, defineError, messageOf } from '../core/errors.ts'

/** Turns what was thrown into an HTTP answer; the only place that knows statuses of foreign errors. */
export interface Problem {
  readonly status: number
  /** Code of the error, for programs. */
  readonly code: string
  /** One text twice: `error` for clients of Kapacitor 1.5 and before, `message` for those of 1.6 and later. */
  readonly body: { readonly error: string; readonly message: string }
}

export const NotFound = defineError('NOT_FOUND', 404, () => 'Not Found')
export const InvalidJson = defineError('INVALID_JSON', 400, () => 'invalid JSON')
export const BodyTooLarge = defineError('BODY_TOO_LARGE', 413, () => 'request entity too large')
const BadUrl = defineError('BAD_URL', 400, () => 'malformed URL')

/** Statuses that Kapok's own endpoints have for a client's problem that Kapacitor answers with 500. */
const OWN_STATUSES: Readonly<Record<string, number>> = {
  RECORDING_NOT_FOUND: 404,
  RECORDING_EXISTS: 409,
  REPLAY_EXISTS: 409
}

/** @param isOwn The error is that of an endpoint which Kapacitor has not. */
export function problemOf(error: unknown, isOwn = false): Problem {
  const known = error instanceof AppError ? error : ourNameOf(error)
  const text = known?.message ?? messageOf(error)
  const code = known?.code ?? 'INTERNAL'
  const status = (isOwn ? OWN_STATUSES[code] : undefined) ?? known?.status ?? 500
  return { status, code, body: { error: text, message: text } }
}

/** Says whether an error is ours: such are worth a line in the log. */
export function isOurs(error: unknown): boolean {
  return !(error instanceof AppError) && ourNameOf(error) === undefined
}

/** What Fastify raises before a handler is reached. */
function ourNameOf(error: unknown): AppError | undefined {
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_BAD_URL') return BadUrl()
  if (statusCode !== undefined && statusCode < 500) return new AppError('BAD_REQUEST', statusCode, messageOf(error))
  return undefined
}
