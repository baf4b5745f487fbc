import type { Clock } from '../core/clock.ts'
import { within } from '../core/within.ts'
import { StillEnding } from './errors.ts'

/** A shard that hangs is ended later than that (`shards.stall-limit`), and a client that deletes does not wait for it. */
const END_MAX_MS = 4000

/**
 * Waits for the end of what has been told to end. Fails with STILL_ENDING where it takes longer than 4 s; it ends all
 * the same.
 * @param what In words for the client: `replay x`.
 */
export async function untilEnded(what: string, ended: Promise<unknown>, clock: Pick<Clock, 'after'>): Promise<void> {
  const hasEnded = await within(
    END_MAX_MS,
    ended.then(() => true),
    () => false,
    clock
  )
  if (!hasEnded) throw StillEnding(what)
}
