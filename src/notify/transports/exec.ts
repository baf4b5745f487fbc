import { DeliveryError } from '../../alert/handlers/delivery-error.ts'
import { alertJson, alertsJson } from '../alert-json.ts'
import { InvalidDefinition, param } from '../params.ts'
import { defineTransport } from './transport.ts'

/** Longest that a program without a limit may take. */
const DAY_MS = 86_400_000
const SLACK_MS = 5000

export default defineTransport({
  type: 'exec',
  summary: 'Runs a program for each alert, or once for all of a batch, with JSON on its standard input.',
  params: {
    command: param.command('The program and its arguments.'),
    all: param.flag('One run for all alerts of a batch, with a list of them.'),
    timeout: param.int('Seconds that a run may take; 0: no limit.', 5),
    label: param.text('Name of the transport in logs.')
  },
  open({ command, all, timeout }, { handler: { commands } }) {
    if (command.length === 0) throw InvalidDefinition('exec: empty command')
    if (timeout < 0) throw InvalidDefinition('exec: invalid timeout')
    commands.check(command)
    return {
      // The program's own limit is what ends it.
      limits: { attemptMs: timeout === 0 ? DAY_MS : timeout * 1000 + SLACK_MS },
      // Differs: each alert stands alone; in the original those after one that fails are not tried.
      render: (alerts) => Promise.resolve(all ? [alertsJson(alerts)] : alerts.map(alertJson)),
      async send(payload) {
        const { status, error, stderr } = await commands.run(command, {
          input: payload,
          timeoutMs: timeout * 1000
        })
        if (status === 0) return
        // The command may have had its effect, so it is not run again.
        throw new DeliveryError('refused', `exec: ${error}${stderr === '' ? '' : `: ${stderr.trimEnd()}`}`)
      }
    }
  }
})
