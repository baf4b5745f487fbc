import { type ChildProcess, spawn } from 'node:child_process'
import { defineError } from './errors.ts'

/**
 * The one way in which the server runs programs: without a shell, in process groups of their own, with a time limit,
 * bounded output, and an environment that holds none of the server's secrets.
 */
export interface CommandOptions {
  /** undefined: nothing to read. */
  readonly input?: string
  /** 0: none. */
  readonly timeoutMs: number
  /** Whether standard output is wanted. */
  readonly captures?: boolean
  /** Variables beside those that every program gets. */
  readonly environment?: Readonly<Record<string, string>>
  /** Gives it up: the program and all that it has started are killed. */
  readonly signal?: AbortSignal | undefined
}

export interface CommandResult {
  /** 0 is success. undefined: it was killed, or never ran. */
  readonly status: number | undefined
  /** Why it is no success, in Go's words: `exit status 3`, `signal: killed`. '' for success. */
  readonly failure: string
  readonly output: string
  /** Begin of what it said on standard error. */
  readonly complaint: string
}

export type RunCommand = (command: readonly string[], options: CommandOptions) => Promise<CommandResult>

export const CommandForbidden = defineError(
  'COMMAND_FORBIDDEN',
  400,
  (name: string) => `${name} is not among the commands that the configuration allows (notify.allow-commands)`
)

const OUTPUT_MAX_BYTES = 10 * 1024 * 1024
const COMPLAINT_MAX_CHARS = 4096

/** @param allowed Names as definitions have them; `*` allows every one. Fails with COMMAND_FORBIDDEN. */
export function checkCommand(command: readonly string[], allowed: readonly string[]): void {
  const name = command[0] ?? ''
  if (!allowed.includes('*') && !allowed.includes(name)) throw CommandForbidden(name)
}

/** What programs get of the server's environment. */
const VARIABLES = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TMP', 'TEMP']

/** Differs: a program does not get the environment of the server, which may hold secrets; the originals pass it on. */
function environmentOf(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = VARIABLES.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const]
  )
  return { ...Object.fromEntries(kept), ...more }
}

/** Never rejects. Differs: at the time limit the whole process group is killed, and nobody who holds an output open is waited for. */
export const runCommand: RunCommand = (command, options) =>
  new Promise((resolve) => {
    const { input, timeoutMs, captures = false, environment = {}, signal: abort } = options
    const [name = '', ...args] = command
    const chunks: Buffer[] = []
    let size = 0
    let complaint = ''
    let excess = ''
    const child = spawn(name, args, {
      detached: true,
      env: environmentOf(environment),
      stdio: [input === undefined ? 'ignore' : 'pipe', captures ? 'pipe' : 'ignore', 'pipe']
    })
    const kill = (reason: string): void => {
      excess = reason
      killGroup(child)
      // Who left the group may still hold them.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    const timer = timeoutMs > 0 ? setTimeout(() => kill(`timed out after ${timeoutMs / 1000}s`), timeoutMs) : undefined
    const giveUp = (): void => kill('given up')
    abort?.addEventListener('abort', giveUp, { once: true })
    if (abort?.aborted === true) giveUp()
    const end = (status: number | undefined, failure: string): void => {
      clearTimeout(timer)
      abort?.removeEventListener('abort', giveUp)
      resolve({ status, failure: excess || failure, output: Buffer.concat(chunks).toString(), complaint })
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > OUTPUT_MAX_BYTES) kill('too much output')
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, COMPLAINT_MAX_CHARS)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message
      end(undefined, `exec: ${JSON.stringify(name)}: ${reason}`)
    })
    child.on('close', (code, signal) => {
      if (code === 0) end(0, '')
      else
        end(
          code ?? undefined,
          code === null ? `signal: ${signal === 'SIGKILL' ? 'killed' : signal}` : `exit status ${code}`
        )
    })
    // A program need not read what it is told.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

/** Programs of one filter or transport that run at a time. */
const PARALLEL = 4

/** Works on each item, a few at a time; results in the order of the items. */
export async function mapFew<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array<R>(items.length)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker))
  return results
}
