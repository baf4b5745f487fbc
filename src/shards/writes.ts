import type { AppError } from '../core/errors.ts'
import type { LoopedLoss } from '../model/looped.ts'
import type { Precision } from '../lineproto/precision.ts'
import type { Placement } from './placement.ts'
import type { ShardAnswer, WriteMessage } from './protocol.ts'
import type { Ending, Shard } from './shard.ts'

/** A body on its way to the shards that read it. */
export interface ShardBody {
  readonly db: string
  readonly rp: string
  /** Transferred where one shard wants it, copied to shared memory where several do. */
  readonly bytes: ArrayBuffer
  readonly length: number
}

type SentBody = Omit<WriteMessage, 'kind' | 'request' | 'bytes'> & ShardBody
type GiveBack = (bytes: ArrayBuffer) => void

/**
 * The way of bodies into the shards: each goes to all that read it, or to none, and is answered when these have
 * processed it and the events that they raised on account of it are stored.
 */
export class ShardWrites {
  readonly #placement: Pick<Placement, 'readersOf'>
  readonly #stallLimitMs: number

  /** @param stallLimitMs An answer may take that long also where a body's own deadline is sooner. */
  constructor(placement: Pick<Placement, 'readersOf'>, stallLimitMs: number) {
    this.#placement = placement
    this.#stallLimitMs = stallLimitMs
  }

  /**
   * Sends a body to every shard that reads it.
   * @param body `isCounted` says whether its points are counted by measurement.
   * @param deadlineMs How long it may wait for room, and then for an answer as long as its shards get on.
   * @param giveBack Gets the buffer where it can be used again.
   * @returns The problems of a bad body, of which nothing was processed.
   */
  async write(
    body: ShardBody & { readonly precision: Precision; readonly isCounted: boolean },
    deadlineMs: number,
    giveBack: GiveBack
  ): Promise<string | undefined> {
    const readers = this.#placement.readersOf(body.db, body.rp)
    await admitToAll(readers, body.length, deadlineMs)
    return (await this.#send(readers, { ...body, hop: 0 }, deadlineMs, giveBack)) as string | undefined
  }

  /**
   * Sends what a loopback node wrote, which waits for no writer.
   * @param onProcessed Called once, when its readers have read it; what they do on account of it may go on.
   * @returns What was refused of it.
   */
  async writeLooped(
    body: ShardBody & { readonly hop: number },
    deadlineMs: number,
    giveBack: GiveBack,
    onProcessed: () => void
  ): Promise<LoopedLoss | undefined> {
    const readers = this.#placement.readersOf(body.db, body.rp)
    for (const shard of readers) await shard.gate.admitLooped(deadlineMs)
    const whole = { ...body, precision: 'n', isCounted: true } as const
    const loss = await this.#send(readers, whole, deadlineMs, giveBack, onProcessed)
    return loss as LoopedLoss | undefined
  }

  async #send(
    readers: readonly Shard[],
    body: SentBody,
    deadlineMs: number,
    giveBack: GiveBack,
    onProcessed: () => void = () => {}
  ): Promise<ShardAnswer> {
    const withinMs = Math.max(deadlineMs, this.#stallLimitMs)
    const [only] = readers
    if (readers.length === 1) {
      const since = only!.commits.sequence
      const answer = await sendTo(only!, body, withinMs, giveBack, onProcessed)
      await only!.commits.whenCommitted(since)
      return answer
    }
    let unprocessed = readers.length
    const onHeld = (): void => {
      if (--unprocessed === 0) onProcessed()
    }
    const since = readers.map(({ commits }) => commits.sequence)
    const bytes = sharedCopyOf(body)
    giveBack(body.bytes)
    const answers = await Promise.all(
      readers.map((shard, index) => {
        const isCounted = body.isCounted && index === 0
        return sendTo(shard, { ...body, bytes, isCounted }, withinMs, () => {}, onHeld)
      })
    )
    for (const [index, { commits }] of readers.entries()) await commits.whenCommitted(since[index]!)
    return answers.find((answer) => answer !== undefined)
  }
}

/** Into all of the shards or into none. */
async function admitToAll(shards: readonly Shard[], bytes: number, deadlineMs: number): Promise<void> {
  const admitted: Shard[] = []
  try {
    for (const shard of shards) {
      await shard.gate.admit(bytes, deadlineMs)
      admitted.push(shard)
    }
  } catch (error) {
    for (const shard of admitted) shard.gate.release(bytes)
    throw error
  }
}

/** @param onProcessed Called once, when the shard has read it, at the latest with its answer. */
function sendTo(
  shard: Shard,
  body: Parameters<Shard['write']>[0],
  withinMs: number,
  giveBack: GiveBack,
  onProcessed: () => void
): Promise<ShardAnswer> {
  return new Promise((accept, refuse: (error: AppError) => void) => {
    let isHeld = false
    const held = (): void => {
      isHeld = true
      onProcessed()
    }
    const end: Ending = (answer, bytes) => {
      if (!isHeld) held()
      if (bytes !== undefined) giveBack(bytes)
      accept(answer)
    }
    shard.write(body, withinMs, end, refuse, held)
  })
}

function sharedCopyOf({ bytes, length }: ShardBody): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(length)
  new Uint8Array(shared).set(new Uint8Array(bytes, 0, length))
  return shared
}
