import { DeliveryError } from './delivery-error.ts'
import { defineHandler } from './handler.ts'
import { option } from './options.ts'
import { t } from '../../graph/spec.ts'

/** A delivery has a time limit of its own, which ends the program before. */
const TIMEOUT_MS = 300_000

export default defineHandler({
  kind: 'exec',
  goType: '*alert.ExecHandlerConfig',
  script: {
    hostType: 'ExecHandler',
    summary: 'Runs a program with the event as JSON on its standard input.',
    args: { prog: t.string('Path of the program.'), args: t.rest(t.string('Arguments of the program.')) },
    properties: {}
  },
  options: { prog: option.string, args: option.strings },
  checkAllowed({ prog }, { commands }) {
    commands.check([prog])
  },
  open({ prog, args }, { commands }) {
    const closing = new AbortController()
    return {
      async send({ json }, attempt) {
        const signals = [closing.signal, attempt?.signal].filter((one) => one !== undefined)
        const { status, error, output, stderr } = await commands.run([prog, ...args], {
          ...{ input: `${json}\n`, timeoutMs: TIMEOUT_MS, captures: true, signal: AbortSignal.any(signals) },
          environment: attempt === undefined ? {} : { KAPOK_IDEMPOTENCY_KEY: attempt.key }
        })
        if (status === 0) return
        // The command may have had its effect, so it is not run again; unless it never ran.
        const isOfSystem = error.startsWith('exec: ')
        const said = `${output}${stderr}`.slice(0, OUTPUT_MAX_CHARS).trimEnd()
        throw new DeliveryError(
          isOfSystem ? 'failed' : 'refused',
          `exec command failed: ${error}${isOfSystem ? '' : `, output: ${said}`}`
        )
      },
      close: () => closing.abort()
    }
  }
})

/** What is told of a program's output. */
const OUTPUT_MAX_CHARS = 4096
