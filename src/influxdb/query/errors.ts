import { AppError, defineError } from '../../core/errors.ts'

/** Nobody answered, or only that it cannot now: the same request may succeed later. */
export const InfluxAway = defineError('INFLUXDB_AWAY', 502, (reason: string) => reason)
/** The request itself was refused: again, it would be so again. */
export const InfluxRefused = defineError('INFLUXDB_REFUSED', 502, (reason: string) => reason)

export function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'INFLUXDB_AWAY'
}
