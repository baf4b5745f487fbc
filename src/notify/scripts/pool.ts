import { createHash } from 'node:crypto'
import { Piscina } from 'piscina'
import { processMs } from '../../core/clock.ts'
import { defineError, messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { AlertView, Script, ScriptOutcome, ScriptProgram, ScriptRunner } from '../expression.ts'
import { DEFAULT_SCRIPT_LIMITS, type ScriptAnswer, type ScriptJob, type ScriptLimits } from './protocol.ts'

const ScriptInvalid = defineError('NOTIFY_SCRIPT', 400, (detail: string) => detail)

export interface ScriptPoolOptions {
  /** Number of threads, at least 1. They are started when they are needed. */
  readonly threads: number
  readonly limits?: Partial<ScriptLimits>
  readonly log: Logger
}

/** Alerts of one job at most; those of a batch are shared out. */
const CHUNK = 500
/** A thread that is not used for so long ends. */
const IDLE_MS = 60_000
/** A thread that has not begun after so long never will. */
const MAX_START_MS = 30_000

/** A program's stack takes some three times as much of its thread's. */
const STACK_KIB_A_MIB = 128

const WORKER = new URL(`../../../workers/script${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/**
 * The threads that run users' JavaScript. Two limits of time guard a run: QuickJS looks at the clock as it goes, and
 * where it does not come to that for long (a huge number to print) the thread is killed. That costs the one alert;
 * the others of its job are run again.
 *
 * Differs: programs have limits of time, memory and stack; in the original an endless loop stops all delivery for
 * ever, and deep recursion ends the process.
 */
export class ScriptPool implements ScriptRunner {
  readonly #piscina: Piscina<ScriptJob, ScriptAnswer>
  readonly #limits: ScriptLimits
  readonly #log: Logger
  readonly #gate: JobGate

  constructor({ threads, limits, log }: ScriptPoolOptions) {
    this.#limits = { ...DEFAULT_SCRIPT_LIMITS, ...limits }
    this.#log = log
    this.#gate = new JobGate(threads)
    this.#piscina = new Piscina({
      filename: WORKER.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      resourceLimits: {
        maxOldGenerationSizeMb: 256,
        stackSizeMb: Math.max(4, Math.ceil(this.#limits.stackKib / STACK_KIB_A_MIB))
      }
    })
  }

  async prepare(program: ScriptProgram): Promise<Script> {
    const scriptsKey = createHash('sha256').update(JSON.stringify(program.scripts)).digest('base64')
    if (program.scripts.length > 0) {
      const { invalid, killed } = await this.#run(program, scriptsKey, undefined, this.#newBatch())
      const problem = invalid ?? killed
      if (problem !== undefined) throw ScriptInvalid(problem)
    }
    return { run: (alerts) => this.#runAll(program, scriptsKey, alerts) }
  }

  async close(): Promise<void> {
    await this.#piscina.destroy()
  }

  async #runAll(program: ScriptProgram, key: string, alerts: readonly AlertView[]): Promise<readonly ScriptOutcome[]> {
    const batch = this.#newBatch()
    if (program.subject === 'alerts') return await this.#runChunk(program, key, alerts, batch)
    const parts = await Promise.all(chunksOf(alerts).map((chunk) => this.#runChunk(program, key, chunk, batch)))
    return parts.flat()
  }

  async #runChunk(
    program: ScriptProgram,
    key: string,
    alerts: readonly AlertView[],
    batch: ScriptBatch
  ): Promise<readonly ScriptOutcome[]> {
    const begun = new Int32Array(new SharedArrayBuffer(4))
    const { killed, outcomes } = await this.#run(program, key, alerts, batch, begun)
    if (killed === undefined) return outcomes
    const error = { ok: false, message: killed } as const
    if (program.subject === 'alerts') return [error]
    batch.patience--
    const index = begun[0]! - 1
    if (index < 0) return alerts.map(() => error)
    const rest = [alerts.slice(0, index), alerts.slice(index + 1)]
    const [before, after] = await Promise.all(rest.map((some) => this.#runChunk(program, key, some, batch)))
    return [...before!, error, ...after!]
  }

  async #run(
    program: ScriptProgram,
    scriptsKey: string,
    alerts: readonly AlertView[] | undefined,
    batch: ScriptBatch,
    begun = new Int32Array(new SharedArrayBuffer(4))
  ): Promise<ScriptAnswer & { readonly killed?: string }> {
    await this.#gate.enter()
    const watch = this.#watch(begun)
    try {
      const job = { ...program, ...batch, limits: this.#limits, scriptsKey, alerts, begun }
      const answer = await this.#piscina.run(job, { signal: watch.signal })
      batch.patience -= answer.lateRuns
      for (const line of answer.lines) this.#log.info('script', { line, source: program.source })
      return answer
    } catch (error) {
      this.#log.warn('the thread that runs programs was killed and is made anew', {
        source: program.source,
        err: messageOf(error)
      })
      return { killed: 'it took too long or too much memory, and was killed', outcomes: [], lateRuns: 0, lines: [] }
    } finally {
      watch.end()
      this.#gate.leave()
    }
  }

  /** Aborts when no run begins for long. */
  #watch(begun: Int32Array<SharedArrayBuffer>): { readonly signal: AbortSignal; end(): void } {
    const abort = new AbortController()
    const periodMs = this.#limits.timeMs + this.#limits.graceMs
    const mustStartBy = processMs() + Math.max(periodMs, MAX_START_MS)
    let seen = 0
    const timer = setInterval(() => {
      if (begun[0] === seen && (seen > 0 || processMs() > mustStartBy)) abort.abort()
      seen = begun[0]!
    }, periodMs)
    return { signal: abort.signal, end: () => clearInterval(timer) }
  }

  #newBatch(): ScriptBatch {
    return { deadline: processMs() + this.#limits.batchMs, patience: this.#limits.lateRuns }
  }
}

/** What is left to the runs over a batch. */
interface ScriptBatch {
  readonly deadline: number
  patience: number
}

/** Lets so many in at a time; the others wait in order, and the clock of a job does not run meanwhile. */
class JobGate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}

function chunksOf<T>(items: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, index) =>
    items.slice(index * CHUNK, (index + 1) * CHUNK)
  )
}
