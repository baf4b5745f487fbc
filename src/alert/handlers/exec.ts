import { type ChildProcess, spawn } from 'node:child_process'
import { DeliveryError, defineHandler } from './handler.ts'
import { option } from './options.ts'
import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'exec',
  kind: 'exec',
  hostType: 'ExecHandler',
  summary: 'Runs a program with the event as JSON on its standard input.',
  args: { prog: t.string('Path of the program.'), args: t.rest(t.string('Arguments of the program.')) },
  properties: {}
}

/** What is kept of a program's output: it is only for error messages. */
const OUTPUT_MAX_CHARS = 4096

export default defineHandler({
  kind: 'exec',
  goType: '*alert.ExecHandlerConfig',
  options: { prog: option.string, args: option.strings },
  open({ prog, args }) {
    let running: ChildProcess | undefined
    return {
      send: ({ json }, attempt) =>
        new Promise((resolve, reject) => {
          let output = ''
          const fail = (failure: 'failed' | 'refused', reason: string) =>
            reject(new DeliveryError(failure, `exec command failed: ${reason}`))
          const key = attempt === undefined ? {} : { KAPOK_IDEMPOTENCY_KEY: attempt.key }
          const env = { ...process.env, ...key }
          const child = spawn(prog, args, { stdio: 'pipe', env, signal: attempt?.signal })
          running = child
          for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8').on('data', (text: string) => {
              output = (output + text).slice(0, OUTPUT_MAX_CHARS)
            })
          }
          child.on('error', (error) => fail('failed', error.message))
          child.on('close', (code, signal) => {
            running = undefined
            if (code === 0) return resolve()
            // It may have had its effect, so it is not run again.
            const status = signal === null ? `exit status ${code}` : `signal ${signal}`
            fail('refused', `${status}, output: ${output.trimEnd()}`)
          })
          // A program need not read what it is told.
          child.stdin.on('error', () => {})
          child.stdin.end(`${json}\n`)
        }),
      close: () => running?.kill()
    }
  }
})
