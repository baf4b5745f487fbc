import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'

export interface Program {
  readonly child: ChildProcess
  readonly url: string
  /** As a crash of the machine would end it, but for what the system still writes. */
  kill(): Promise<void>
}

/** The program as a process of its own, which can be killed; one shard, a free port. */
export async function startProgram(
  t: Test,
  dataDir: string,
  environment: Readonly<Record<string, string>> = {}
): Promise<Program> {
  const args = ['--import=tsx', 'src/main.ts', '--bind', '127.0.0.1:0', '--data-dir', dataDir]
  const env = { ...process.env, KAPOK_SHARDS_COUNT: '1', KAPOK_HTTP_LOG_ENABLED: 'false', ...environment }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let log = ''
    const listen = (text: Buffer): void => {
      log += text.toString()
      const found = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1]
      if (found === undefined) return
      child.stderr.off('data', listen).resume()
      resolve(found)
    }
    child.stderr.on('data', listen)
    child.once('exit', () => reject(new Error(log)))
  })
  const kill = async (): Promise<void> => {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    child.kill('SIGKILL')
    await gone
  }
  return { child, url, kill }
}
