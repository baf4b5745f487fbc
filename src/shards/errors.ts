import { defineError } from '../core/errors.ts'

export const ShardDied = defineError('SHARD_DIED', 503, () => 'the shard died before it answered, try again')
export const ShardStalled = defineError(
  'SHARD_STALLED',
  503,
  (limitMs: number) => `the shard was ended before it answered, since it was stuck for ${limitMs / 1000} s, try again`
)
export const ShardSilent = defineError('SHARD_SILENT', 503, () => 'the shard does not answer in time, try again later')
export const WriteBusy = defineError('WRITE_BUSY', 503, () => 'too much is being written, try again later')

/** The error of a task that kept its shard busy. */
export const KeptShardBusy = defineError(
  'KEPT_SHARD_BUSY',
  500,
  (limitMs: number) =>
    `set aside: it kept its shard busy for ${limitMs / 1000} s without an end (see shards.stall-limit), enable it to try again`
)
/** The error of a task that ran whenever its shard died. */
export const KilledShard = defineError(
  'KILLED_SHARD',
  500,
  (deaths: number, why: string) =>
    `set aside: it was running ${deaths} times when its shard died (${why}), enable it to try again`
)

/** Whether something was asked in vain of a thread that is gone: the next thread may be asked. */
export function isOfDeadShard(error: unknown): boolean {
  const { code } = error as { readonly code?: string }
  return code === 'SHARD_DIED' || code === 'SHARD_STALLED'
}
