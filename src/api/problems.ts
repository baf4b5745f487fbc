import { AppError, defineError, messageOf } from '../core/errors.ts'

/** Turns what was thrown into an HTTP answer; the only place that knows statuses of foreign errors. */
export interface Problem {
  readonly status: number
  /** Of the error, for programs. */
  readonly code: string
  readonly body: { readonly error: string }
}

export const NotFound = defineError('NOT_FOUND', 404, () => 'Not Found')
export const InvalidJson = defineError('INVALID_JSON', 400, () => 'invalid JSON')
export const BodyTooLarge = defineError('BODY_TOO_LARGE', 413, () => 'request entity too large')
const BadUrl = defineError('BAD_URL', 400, () => 'malformed URL')

export function problemOf(error: unknown): Problem {
  const known = error instanceof AppError ? error : ourNameOf(error)
  return {
    status: known?.status ?? 500,
    code: known?.code ?? 'INTERNAL',
    body: { error: known?.message ?? messageOf(error) }
  }
}

/** Says whose mistake it was: ours are worth a line in the log. */
export function isOurs(error: unknown): boolean {
  return !(error instanceof AppError) && ourNameOf(error) === undefined
}

/** What Fastify raises before a handler is reached. */
function ourNameOf(error: unknown): AppError | undefined {
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return BodyTooLarge()
  if (code === 'FST_ERR_BAD_URL') return BadUrl()
  if (statusCode !== undefined && statusCode < 500) return new AppError('BAD_REQUEST', statusCode, messageOf(error))
  return undefined
}
