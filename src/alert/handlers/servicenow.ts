import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'serviceNow',
  kind: 'servicenow',
  hostType: 'ServiceNowHandler',
  summary: 'Sends the event to ServiceNow.',
  args: {},
  properties: {
    uRL: t.string('URL; default: that of the configuration.'),
    source: t.string('Source; default: that of the configuration.'),
    node: t.string('Template of the node.'),
    type: t.string('Template of the type.'),
    resource: t.string('Template of the resource.'),
    metricName: t.string('Template of the metric name.'),
    messageKey: t.string('Template of the message key; default: the id.'),
    additionalInfo: t
      .call('Adds a member; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') })
      .all()
  }
}
