import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'sensu',
  kind: 'sensu',
  hostType: 'SensuHandler',
  summary: 'Sends the event to a Sensu client.',
  args: {},
  properties: {
    source: t.string('Template of the source; default: that of the configuration.'),
    handlers: t.list(t.string('Handlers in Sensu; default: those of the configuration.')),
    metadata: t.call('Adds a member to the result.', { key: t.string('Name.'), value: t.any('Value.') }).all()
  }
}
