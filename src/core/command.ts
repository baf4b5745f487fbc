import { type ChildProcess, spawn } from 'node:child_process'

/** How programs run: without a shell, in process groups of their own, with a time limit, and with bounded output. */
export interface CommandOptions {
  /** Where the program is; without, it is looked for by its name. */
  readonly path?: string
  /** undefined: nothing to read. */
  readonly input?: string
  /** 0: none. */
  readonly timeoutMs: number
  /** Whether standard output is wanted. */
  readonly captures?: boolean
  /** All variables that it gets: those of the server may hold secrets. */
  readonly environment?: Readonly<Record<string, string>>
  /** Gives the program up: it and all that it has started are killed. */
  readonly signal?: AbortSignal | undefined
}

export interface CommandResult {
  /** 0 is success. undefined: it was killed, or never ran. */
  readonly status: number | undefined
  /** Why the program did not succeed, in Go's words: `exit status 3`, `signal: killed`. '' for success. */
  readonly error: string
  readonly output: string
  /** Begin of what it said on standard error. */
  readonly stderr: string
}

const OUTPUT_MAX_BYTES = 10 * 1024 * 1024
const STDERR_MAX_CHARS = 4096

/** Never rejects. Differs: at the time limit the whole process group is killed, and nobody who holds an output open is waited for. */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const { path, input, timeoutMs, captures = false, environment = {}, signal: abort } = options
    const [name = '', ...args] = command
    const chunks: Buffer[] = []
    let size = 0
    let stderr = ''
    let excess = ''
    const child = spawn(path ?? name, args, {
      argv0: name,
      detached: true,
      env: { ...environment },
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
    const end = (status: number | undefined, error: string): void => {
      clearTimeout(timer)
      abort?.removeEventListener('abort', giveUp)
      resolve({ status, error: excess || error, output: Buffer.concat(chunks).toString(), stderr })
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > OUTPUT_MAX_BYTES) kill('too much output')
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, STDERR_MAX_CHARS)
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
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The program has ended meanwhile.
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
