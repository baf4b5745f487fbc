import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { NO_INFLUXDB } from './influx.ts'
import { refuseSecrets } from './secret.ts'

/** Whoever ends what it has started: a test, or a run of many. */
export interface Owner {
  teardown(end: () => unknown): void
}

export interface Program {
  readonly url: string
  readonly pid: number
  /** Resolves with its exit code and the signal that ended it. */
  readonly ended: Promise<unknown[]>
  /** The end of what it has logged. */
  readonly log: string
  /** As a crash of the machine would end it, but for what the system still writes. */
  kill(): Promise<void>
  /** Asks it to end. @returns Its exit code and the signal that ended it. */
  end(signal?: 'SIGTERM' | 'SIGINT'): Promise<unknown[]>
}

/** The program as a process of its own, which can be killed; one shard, a free port. */
export function startProgram(
  owner: Owner,
  dataDir: string,
  environment: Readonly<Record<string, string>> = {}
): Promise<Program> {
  return startWith(owner, ['--bind', '127.0.0.1:0', '--data-dir', dataDir], environment)
}

/** Resolves when it listens. Fails with what it has logged if it ends before that. */
export async function startWith(
  owner: Owner,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {}
): Promise<Program> {
  const defaults = { KAPOK_SHARDS_COUNT: '1', KAPOK_HTTP_LOG_ENABLED: 'false', ...NO_INFLUXDB }
  const env = { ...ENVIRONMENT, ...defaults, ...environment }
  const child = spawn(process.execPath, [...ENTRY, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  owner.teardown(() => child.kill('SIGKILL'))
  const log = logOf(child)
  const ended = once(child, 'exit')
  const url = await untilListening(child)
  const end = async (signal: NodeJS.Signals): Promise<unknown[]> => {
    child.kill(signal)
    return await ended
  }
  return {
    url,
    pid: child.pid!,
    ended,
    get log() {
      return log()
    },
    kill: async () => void (await end('SIGKILL')),
    end: (signal = 'SIGTERM') => end(signal)
  }
}

/** `npm start`, as a newcomer types it, in a group of processes of its own, as a terminal makes one. */
export async function startNpm(
  owner: Owner,
  dataDir: string
): Promise<Pick<Program, 'pid'> & { readonly lastLine: Promise<string> }> {
  const args = ['start', ...(isBuilt() ? ['--ignore-scripts'] : []), '--', '--bind', '127.0.0.1:0']
  const child = spawn('npm', [...args, '--data-dir', dataDir], {
    env: { ...ENVIRONMENT, KAPOK_SHARDS_COUNT: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true
  })
  const group = -child.pid!
  let hasEnded = false
  owner.teardown(() => hasEnded || process.kill(group, 'SIGKILL'))
  await untilListening(child)
  let rest = ''
  child.stderr.on('data', (text: Buffer) => (rest += text.toString()))
  // Every process that has the pipe has ended then.
  const lastLine = once(child, 'close').then(() => {
    hasEnded = true
    return rest.trimEnd().split('\n').at(-1)!
  })
  return { pid: child.pid!, lastLine }
}

const LOG_MAX_CHARS = 65_536
const PIECE_CHARS = 100

/** What a program logs is kept, the last of it, and searched for secrets of the test. */
function logOf(child: ChildProcessByStdio<null, null, Readable>): () => string {
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString()
    // A secret may come in two pieces.
    refuseSecrets('the log of the program', `${log.slice(-PIECE_CHARS)}${text}`)
    log = `${log}${text}`.slice(-LOG_MAX_CHARS)
  })
  return () => log
}

/** @returns Where it listens. Fails with what it has logged if it ends before that. */
function untilListening(child: ChildProcessByStdio<null, null, Readable>): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = ''
    const listen = (text: Buffer): void => {
      log += text.toString()
      const found = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1]
      if (found === undefined) return
      child.stderr.off('data', listen)
      resolve(found)
    }
    child.stderr.on('data', listen)
    child.once('close', () => reject(new Error(log)))
  })
}

/** Runs it to its end. @returns Its exit code and what it wrote to stderr. */
export async function runProgram(...args: readonly string[]): Promise<{ code: unknown; error: string }> {
  const child = spawn(process.execPath, [...ENTRY, ...args], { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe'] })
  let error = ''
  child.stderr.on('data', (text: Buffer) => (error += text.toString()))
  const [code] = (await once(child, 'close')) as unknown[]
  return { code, error }
}

/** The runner's hooks, which it gives to every process, are for tests. */
const ENVIRONMENT = { ...process.env, NODE_OPTIONS: '' }

const BUILT = 'dist/src/main.js'

/** What has been built, which starts in half of the time, as long as no source is newer. */
const ENTRY = isBuilt() ? [BUILT] : ['--import=tsx', 'src/main.ts']

function isBuilt(): boolean {
  const built = statSync('dist/.tsbuildinfo', { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = ['src', 'workers'].flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => `${folder}/${String(name)}`)
  )
  return sources.every((path) => statSync(path).mtimeMs < built)
}
