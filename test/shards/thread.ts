import { once } from 'node:events'
import type { FromShard, ToShard } from '../../src/shards/protocol.ts'
import { Shard } from '../../src/shards/shard.ts'

type Done = Omit<Extract<FromShard, { kind: 'done' }>, 'kind' | 'request'>
type Of<K extends ToShard['kind']> = Extract<ToShard, { kind: K }>

/** The thread's end of a shard, spoken by a test. */
export interface FakeThread {
  /** Resolves with what comes next, which is to be of the kind. */
  next<K extends ToShard['kind']>(kind: K): Promise<Of<K>>
  post(message: FromShard): void
  done(message: { readonly request: number }, done?: Done): void
}

/** A shard whose thread is ready; and the port that its thread would have. */
export function fakeShard(
  limits: { readonly maxInFlightBytes?: number; readonly maxUncommitted?: number } = {},
  onMessage: (shard: Shard, message: FromShard) => void = () => {},
  name = 'shard'
): { readonly shard: Shard; readonly thread: FakeThread } {
  const shard = new Shard(name, { maxInFlightBytes: 1000, maxUncommitted: 1000, ...limits }, onMessage)
  shard.ready()
  return { shard, thread: threadOf(shard) }
}

/** The thread that a shard has after a death. */
export function threadOf(shard: Shard): FakeThread {
  const { workerPort } = shard
  const unread: ToShard[] = []
  const arrived = new EventTarget()
  workerPort.on('message', (message: ToShard) => {
    unread.push(message)
    arrived.dispatchEvent(new Event('message'))
  })
  return {
    async next(kind) {
      while (unread.length === 0) await once(arrived, 'message')
      const message = unread.shift()!
      if (message.kind !== kind) throw new Error(`the shard says ${message.kind}, not ${kind}`)
      return message as Of<typeof kind>
    },
    post: (message) => workerPort.postMessage(message),
    done: ({ request }, done = {}) => workerPort.postMessage({ kind: 'done', request, ...done })
  }
}
