import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'victorOps',
  kind: 'victorops',
  hostType: 'VictorOpsHandler',
  summary: 'Sends the event to VictorOps.',
  args: {},
  properties: { routingKey: t.string('Routing key; default: that of the configuration.') }
}
