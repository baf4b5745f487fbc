import type { AlertEvent } from '../../src/model/event.ts'
import { ShardPool, type ShardPoolOptions } from '../../src/shards/pool.ts'
import { bodyOf, engineSettings } from '../support/engine.ts'

export interface World {
  readonly pool: ShardPool
  readonly events: AlertEvent[]
  readonly looped: string[]
  /** Tasks that ended by themselves, and why. */
  readonly failed: Map<string, string>
  /** Resolves when a line with this message is logged, with its details. */
  logged(message: string): Promise<Readonly<Record<string, unknown>>>
  write(lines: string, db?: string): Promise<string | undefined>
}

/** A pool with real threads. */
export async function withPool(
  options: Partial<ShardPoolOptions>,
  work: (world: World) => Promise<void>
): Promise<void> {
  const events: AlertEvent[] = []
  const looped: string[] = []
  const failed = new Map<string, string>()
  const heard = new Map<string, (details: Readonly<Record<string, unknown>>) => void>()
  const pool = new ShardPool({
    count: 1,
    engine: engineSettings,
    maxInFlightBytes: 1 << 20,
    maxHeapMib: 512,
    stallLimitMs: 60_000,
    redact: (text) => text,
    logGate: new Int32Array(new SharedArrayBuffer(4)),
    log: (_level, message, details) => heard.get(message)?.(details),
    maxUncommitted: 1000,
    onEvents: async (list) => void events.push(...list),
    onStateCopied: () => Promise.resolve(),
    topicStates: () => [],
    onReplayEvents: () => Promise.resolve(),
    onReplayStateCopied: () => {},
    onLoopback: async ({ lines }) => void looped.push(lines),
    ...options
  })
  pool.tasks.onFailed((id, message) => failed.set(id, message))
  await pool.ready()
  const world: World = {
    ...{ pool, events, looped, failed },
    logged: (message) => new Promise((resolve) => heard.set(message, resolve)),
    write: (lines, db = 'db') =>
      pool.writes.write({ db, rp: 'rp', precision: 'n', isCounted: true, ...bodyOf(lines) }, 30_000, () => {})
  }
  try {
    await work(world)
  } finally {
    await pool.close()
  }
}
