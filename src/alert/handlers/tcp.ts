import { defineHandler } from './handler.ts'
import { option } from './options.ts'
import { sendOverTcp } from './tcp-client.ts'
import { t } from '../../graph/spec.ts'

export default defineHandler({
  kind: 'tcp',
  goType: '*alert.TCPHandlerConfig',
  script: {
    hostType: 'TcpHandler',
    summary: 'Sends the event as JSON over a TCP connection.',
    args: { address: t.string('`host:port` to connect to.') },
    properties: { address: t.string('`host:port` to connect to, instead of the argument.') }
  },
  options: { address: option.string },
  open: ({ address }, { guard }) => ({
    // Differs: a connection that breaks while an event is written to it fails the delivery; Kapacitor does not notice.
    send: ({ json }) => sendOverTcp(address, `${json}\n\n`, { guard, context: 'tcp handler failed to connect' })
  })
})
