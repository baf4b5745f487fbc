import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'tcp',
  kind: 'tcp',
  hostType: 'TcpHandler',
  summary: 'Sends the event as JSON over a TCP connection.',
  args: { address: t.string('`host:port` to connect to.') },
  properties: {}
}
