import { messageOf } from '../core/errors.ts'
import type { LoopedLines, LoopedLoss } from '../model/looped.ts'
import type { ToShard } from './protocol.ts'
import type { Shard } from './shard.ts'

/** Takes in what loopback nodes write; see `LoopedFate`. */
export type TakeLooped = (looped: LoopedLines, onProcessed: () => void) => Promise<LoopedLoss | undefined>

/** Lets what a loopback node wrote be taken in, and tells its shard what becomes of that. Never rejects. */
export async function passLooped(shard: Shard, loopback: number, looped: LoopedLines, take: TakeLooped): Promise<void> {
  const { generation } = shard
  const report = (message: ToShard): void => {
    // The thread that wrote it may have died.
    if (shard.generation === generation) shard.post(message)
  }
  let isProcessed = false
  const processed = (): void => {
    if (isProcessed) return
    isProcessed = true
    report({ kind: 'loopedProcessed', loopback })
  }
  const refused = await take(looped, processed).catch((error: unknown) => ({
    points: looped.points,
    reason: messageOf(error)
  }))
  processed()
  report({ kind: 'loopedEnded', loopback, refused })
}
