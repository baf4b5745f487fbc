import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'alerta',
  kind: 'alerta',
  hostType: 'AlertaHandler',
  summary: 'Sends the event to Alerta.',
  args: {},
  properties: {
    token: t.string('API token; default: that of the configuration.'),
    tokenPrefix: t.string('Scheme before the token; default: `Bearer`.'),
    resource: t.string('Template of the resource; default: the measurement.'),
    event: t.string('Template of the event; default: the id.'),
    environment: t.string('Template of the environment; default: that of the configuration.'),
    group: t.string('Template of the group; default: the group of the event.'),
    value: t.string('Template of the value.'),
    origin: t.string('Origin; default: that of the configuration.'),
    services: t.list(t.string('Templates of the services; default: the measurement.')),
    correlated: t.list(t.string('Templates of correlated events; default: the measurement.')),
    attribute: t
      .call('Adds an attribute; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') })
      .all(),
    timeout: t.duration('Time after which Alerta takes the alert for expired.')
  }
}
