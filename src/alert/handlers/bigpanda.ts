import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'bigPanda',
  kind: 'bigpanda',
  hostType: 'BigPandaHandler',
  summary: 'Sends the event to BigPanda.',
  args: {},
  properties: {
    appKey: t.string('Application key; default: that of the configuration.'),
    host: t.string('Template of the host.'),
    primaryProperty: t.string('Member that BigPanda groups by first.'),
    secondaryProperty: t.string('Member that BigPanda groups by next.'),
    attribute: t.call('Adds a member; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') }).all()
  }
}
