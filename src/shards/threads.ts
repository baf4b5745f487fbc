import { Piscina } from 'piscina'
import { backoffMs } from '../core/backoff.ts'
import type { AppError } from '../core/errors.ts'
import type { LogLevel } from '../core/log-level.ts'
import type { LogFields } from '../core/logger.ts'
import { type Redact, redactedMessage } from '../core/redact.ts'
import { within } from '../core/within.ts'
import { NOBODY } from '../engine/activity.ts'
import { KeptShardBusy, KilledShard, ShardDied, ShardStalled } from './errors.ts'
import type { ShardStart } from './protocol.ts'
import type { Shard } from './shard.ts'
import { Suspects } from './suspects.ts'

export interface ShardThreadsOptions {
  /** Number of threads, at least 1. */
  readonly count: number
  /** Heap of a thread, in MiB; past it the thread dies and is started anew. */
  readonly maxHeapMib: number
  /** A thread that gives no sign of life for so long is ended and started anew; 0: never. */
  readonly stallLimitMs: number
  readonly log: (level: LogLevel, message: string, details: LogFields) => void
  /** Takes secrets out of what a thread says as it, or a task in it, dies. */
  readonly redact: Redact
  /** Entry of a thread, as a URL. */
  readonly entry?: string
}

/** What the threads' owner does about their lives. */
export interface ShardKeeper {
  /** What a thread is started with, but for its port and memory. */
  start(shard: Shard): Omit<ShardStart, 'port' | 'activity'>
  /** What a number was given to, in words for the log. */
  describe(owner: number): string
  /** A thread has died; another one comes. */
  died(shard: Shard): void
  /** Whoever has this number is not to run again; called after `died`. */
  setAside(owner: number, error: AppError): void
}

/** Wait before a thread that died is started again: doubles with each death in a row. */
const RESTART_MIN_MS = 100
const RESTART_MAX_MS = 10_000
/** A thread that has lived so long starts with a clean record. */
const SOUND_AFTER_MS = 60_000
/** Time that a thread has to load the program, also on a machine that is busy. */
const LOAD_MAX_MS = 60_000
/** Deaths of threads that worked for the same owner at which that is set aside. */
const MAX_DEATHS = 3
const LOOK_MIN_MS = 50
const LOOK_MAX_MS = 1000
/** Threads that do not end then are left to the end of the process. */
const DESTROY_MAX_MS = 1000

const ENTRY = new URL(`../../workers/shard${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href

interface Thread {
  readonly ending: AbortController
  readonly startedMs: number
  readonly deathsInARow: number
  /** Whom the thread worked for when it was found to hang; undefined where it did not. */
  stalledFor: number | undefined
}

/**
 * The threads that shards live in, each with one endless job of a Piscina pool. A thread that dies, or hangs, is
 * replaced; who made it do so is set aside, where that is known.
 */
export class ShardThreads {
  readonly #options: ShardThreadsOptions
  readonly #keeper: ShardKeeper
  readonly #piscina: Piscina
  readonly #threads = new Map<Shard, Thread>()
  readonly #suspects = new Map<Shard, Suspects>()
  readonly #watch: NodeJS.Timeout
  #lookedMs = performance.now()
  #isClosing = false
  /** Times that a thread died, and how many of these it was ended since it hung. */
  deaths = 0
  stalls = 0

  constructor(options: ShardThreadsOptions, keeper: ShardKeeper) {
    this.#options = options
    this.#keeper = keeper
    this.#piscina = new Piscina({
      filename: options.entry ?? ENTRY,
      minThreads: options.count,
      maxThreads: options.count,
      idleTimeout: Infinity,
      atomics: 'disabled', // its blocking wait would stop the shard's event loop
      resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMib, maxYoungGenerationSizeMb: 32 }
    })
    // A thread that dies ends its job, which is dealt with there; that it also says so here must not end the process.
    this.#piscina.on('error', (error: unknown) =>
      options.log('error', 'a thread of a shard failed', { err: this.#wordsOf(error) })
    )
    const everyMs = Math.min(LOOK_MAX_MS, Math.max(LOOK_MIN_MS, options.stallLimitMs / 10))
    this.#watch = setInterval(() => this.#look(everyMs), everyMs).unref()
  }

  /** Gives a shard a thread, and another one whenever that ends. */
  run(shard: Shard, deathsInARow = 0): void {
    const thread: Thread = {
      ending: new AbortController(),
      startedMs: performance.now(),
      deathsInARow,
      stalledFor: undefined
    }
    this.#threads.set(shard, thread)
    const start: ShardStart = { ...this.#keeper.start(shard), port: shard.workerPort, activity: shard.heartbeat.cells }
    this.#piscina.run(start, { transferList: [shard.workerPort], signal: thread.ending.signal }).then(
      () => this.#ended(shard, thread, 'its job ended'),
      (error: unknown) => this.#ended(shard, thread, this.#wordsOf(error))
    )
  }

  #wordsOf(error: unknown): string {
    return redactedMessage(error, this.#options.redact)
  }

  /** Lets threads end from now on. */
  closing(): void {
    this.#isClosing = true
    clearInterval(this.#watch)
  }

  async close(): Promise<void> {
    this.closing()
    await within(DESTROY_MAX_MS, this.#piscina.destroy(), () => undefined)
  }

  /** @param everyMs A look that comes much later says that this thread was busy, or stopped, and nothing of others. */
  #look(everyMs: number): void {
    const nowMs = performance.now()
    const elapsedMs = Math.min(nowMs - this.#lookedMs, 2 * everyMs)
    this.#lookedMs = nowMs
    const { stallLimitMs } = this.#options
    for (const [shard, thread] of this.#threads) {
      const { heartbeat } = shard
      if (heartbeat.look(elapsedMs)) shard.post({ kind: 'ping' })
      const limitMs = shard.isReady ? stallLimitMs : Math.max(stallLimitMs, LOAD_MAX_MS)
      if (stallLimitMs > 0 && heartbeat.silentMs >= limitMs) {
        thread.stalledFor = heartbeat.owner
        thread.ending.abort()
      }
      shard.endLate(nowMs)
    }
  }

  #ended(shard: Shard, thread: Thread, error: string): void {
    this.#threads.delete(shard)
    if (this.#isClosing) return shard.renew(() => ShardDied())
    const { stallLimitMs } = this.#options
    const hasStalled = thread.stalledFor !== undefined
    const owner = thread.stalledFor ?? shard.heartbeat.owner
    const livedMs = performance.now() - thread.startedMs
    const deathsInARow = livedMs > SOUND_AFTER_MS ? 1 : thread.deathsInARow + 1
    const waitMs = backoffMs(deathsInARow - 1, RESTART_MIN_MS, RESTART_MAX_MS)
    this.deaths++
    if (hasStalled) this.stalls++
    this.#options.log('error', hasStalled ? 'shard was ended since it hung' : 'shard died', {
      shard: shard.name,
      ...(!hasStalled && { err: error }),
      ...(hasStalled && { 'stall-limit-ms': stallLimitMs }),
      ...(owner !== NOBODY && { 'worked-for': this.#keeper.describe(owner) }),
      'restart-in-ms': waitMs
    })
    const sentence = hasStalled ? KeptShardBusy(stallLimitMs) : this.#sentenceFor(shard, owner, livedMs, error)
    const errorForOthers = hasStalled ? ShardStalled(stallLimitMs) : ShardDied()
    shard.renew((asker) => (asker === owner && owner !== NOBODY && sentence) || errorForOthers)
    this.#keeper.died(shard)
    if (owner !== NOBODY && sentence !== undefined) this.#keeper.setAside(owner, sentence)
    setTimeout(() => {
      if (!this.#isClosing) this.run(shard, deathsInARow)
    }, waitMs)
  }

  /** What becomes of whom a thread worked for when it died: nothing before it has died so several times. */
  #sentenceFor(shard: Shard, owner: number, livedMs: number, why: string): AppError | undefined {
    if (owner === NOBODY) return undefined
    let suspects = this.#suspects.get(shard)
    if (suspects === undefined) this.#suspects.set(shard, (suspects = new Suspects()))
    const deaths = suspects.note(owner, livedMs)
    return deaths >= MAX_DEATHS ? KilledShard(deaths, why) : undefined
  }
}
