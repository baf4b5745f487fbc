import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Program, startProgram } from '../support/program.ts'

/** Something that an attacker, or bad luck, does to a server. */
export interface Deed {
  readonly name: string
  /** What is done, for the table. */
  readonly what: string
  /** Whether it takes seconds alone. */
  readonly isShort: boolean
  /** What it needs and this machine lacks: it is skipped. */
  readonly missing?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Header of every request of the scene, where the server asks who it is. */
  readonly authorization?: string
  /** @returns What went wrong, beside what is checked after every deed. */
  run(scene: Scene): Promise<string | undefined>
}

/** A server at whom the deed is done. */
export interface Scene {
  readonly url: string
  readonly dataDir: string
  program: Program
  /** Starts it anew over its data, after it has ended. */
  start(): Promise<void>
  call(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<{ status: number; text: string }>
  /** Defines and enables a stream task of the database `d`. */
  define(id: string, script: string): Promise<{ status: number; text: string }>
  write(lines: string): Promise<number>
}

export interface Verdict {
  readonly name: string
  readonly beforeMiB: number
  readonly peakMiB: number
  readonly afterMiB: number
  readonly pingMs: number
  readonly writeMs: number
  readonly restartMs: number
  /** Empty: it held. */
  readonly wrong: string
}

const PING_MS = 100
const WRITE_MS = 1000
const RESTART_MS = 5000
/** How long a server may be busy with what was done: shards that hang are ended after `shards.stall-limit`. */
const RECOVERY_MS = 30_000
const SAMPLE_MS = 100
const MEMORY_MIB = 400
/** Everything is slower by this where the machine has other things to do. */
const PATIENCE = Number(process.env['ABUSE_PATIENCE'] ?? '1')

const SETTINGS = { KAPOK_STATS_ENABLED: 'false', KAPOK_SHARDS_STALL_LIMIT: '3s' }

/** Does it, and looks at what is left of the server. */
export async function commit(deed: Deed): Promise<Verdict> {
  const ends: (() => unknown)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'kapok-abuse-'))
  const dataDir = join(folder, 'data')
  const start = (): Promise<Program> =>
    startProgram({ teardown: (end) => ends.push(end) }, dataDir, { ...SETTINGS, ...deed.environment })
  const scene = sceneOf(await start(), dataDir, start, deed.authorization)
  const memory = new Memory(scene)
  const problems: string[] = []
  try {
    const told = await deed.run(scene).catch((error: unknown) => `the deed failed: ${String(error)}`)
    if (told !== undefined) problems.push(told)
    const pingMs = await quickest(() => scene.call('GET', '/kapacitor/v1/ping', undefined, RECOVERY_MS), PING_MS)
    const writeMs = await quickest(() => scene.call('POST', '/write?db=after&rp=r', 'm v=1 1', RECOVERY_MS), WRITE_MS)
    if (pingMs > PING_MS * PATIENCE) problems.push(`a ping took ${pingMs} ms`)
    if (writeMs > WRITE_MS * PATIENCE) problems.push(`a write took ${writeMs} ms`)
    const afterMiB = await memory.settled()
    if (afterMiB - memory.beforeMiB > MEMORY_MIB) problems.push(`${afterMiB - memory.beforeMiB} MiB did not come back`)
    const restartMs = await restarted(scene)
    if (restartMs > RESTART_MS * PATIENCE) problems.push(`a restart took ${restartMs} ms`)
    const { beforeMiB, peakMiB } = memory
    return { name: deed.name, beforeMiB, peakMiB, afterMiB, pingMs, writeMs, restartMs, wrong: problems.join('; ') }
  } finally {
    memory.end()
    for (const end of ends) end()
    await delay(SAMPLE_MS) // Until the last of its files is written.
    rmSync(folder, { recursive: true, force: true })
  }
}

function sceneOf(
  first: Program,
  dataDir: string,
  start: () => Promise<Program>,
  authorization: string | undefined
): Scene {
  const scene: Scene = {
    program: first,
    dataDir,
    get url() {
      return scene.program.url
    },
    start: async () => void (scene.program = await start()),
    async call(method, path, body, timeoutMs = RECOVERY_MS) {
      const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
      const answer = await fetch(`${scene.url}${path}`, {
        ...{ method, signal: AbortSignal.timeout(timeoutMs) },
        ...(authorization !== undefined && { headers: { authorization } }),
        ...(content !== undefined && { body: content })
      })
      return { status: answer.status, text: await answer.text() }
    },
    define(id, script) {
      const dbrps = [{ db: 'd', rp: 'r' }]
      return scene.call('POST', '/kapacitor/v1/tasks', { id, dbrps, script, status: 'enabled' })
    },
    write: async (lines) => (await scene.call('POST', '/write?db=d&rp=r', lines)).status
  }
  return scene
}

/** The time of an answer; asks again, for a while, as long as it is late or none. */
async function quickest(ask: () => Promise<unknown>, wantedMs: number): Promise<number> {
  const end = performance.now() + RECOVERY_MS
  let best = Infinity
  do {
    const started = performance.now()
    const answered = await ask().then(
      () => true,
      () => false
    )
    if (answered) best = Math.min(best, Math.round(performance.now() - started))
    if (best > wantedMs) await delay(SAMPLE_MS)
  } while (best > wantedMs && performance.now() < end)
  return best
}

async function restarted(scene: Scene): Promise<number> {
  const [, signal] = await Promise.race([scene.program.end(), delay(RECOVERY_MS, [undefined, 'none'])])
  if (signal === 'none') await scene.program.kill()
  const started = performance.now()
  try {
    await scene.start()
  } catch {
    return Infinity
  }
  return signal === 'none' ? Infinity : Math.round(performance.now() - started)
}

/** Resident memory of a process, looked at over and over. */
class Memory {
  readonly beforeMiB: number
  peakMiB: number
  readonly #scene: Scene
  readonly #timer: NodeJS.Timeout

  constructor(scene: Scene) {
    this.#scene = scene
    this.beforeMiB = this.peakMiB = this.#now()
    this.#timer = setInterval(() => (this.peakMiB = Math.max(this.peakMiB, this.#now())), SAMPLE_MS)
  }

  /** When it is back, or does not come back. */
  async settled(): Promise<number> {
    const end = performance.now() + RECOVERY_MS
    while (this.#now() - this.beforeMiB > MEMORY_MIB && performance.now() < end) await delay(SAMPLE_MS)
    return this.#now()
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #now(): number {
    try {
      const status = readFileSync(`/proc/${this.#scene.program.pid}/status`, 'utf8')
      return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024)
    } catch {
      return 0 // It has ended.
    }
  }
}
