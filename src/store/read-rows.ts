import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/**
 * Reads stored rows each for itself: one that is damaged is logged and left out, so that it keeps nobody from starting.
 * It stays where it is until something of its key is stored.
 * @param keyOf Names a row in the log.
 */
export function readRows<R, T>(
  log: Logger,
  table: string,
  rows: readonly R[],
  keyOf: (row: R) => string,
  read: (row: R) => T
): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)]
    } catch (error) {
      // An error of JSON quotes the text, which may hold a secret.
      const problem = error instanceof SyntaxError ? 'a part of it is no JSON' : messageOf(error)
      log.error('a stored row is damaged and left out', { table, row: keyOf(row), err: problem })
      return []
    }
  })
}
