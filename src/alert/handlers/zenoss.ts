import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'zenoss',
  kind: 'zenoss',
  hostType: 'ZenossHandler',
  summary: 'Sends the event to Zenoss.',
  args: {},
  properties: {
    action: t.string('Router of the request; default: that of the configuration.'),
    method: t.string('Method of the router; default: that of the configuration.'),
    type: t.string('Type of the request; default: that of the configuration.'),
    tid: t.int('Transaction id; default: that of the configuration.'),
    collector: t.string('Template of the collector; default: that of the configuration.'),
    summary: t.string('Template of the summary; default: the message.'),
    device: t.string('Template of the device.'),
    component: t.string('Template of the component.'),
    eventClassKey: t.string('Template of the event class key.'),
    eventClass: t.string('Template of the event class.'),
    message: t.string('Template of the message.'),
    customField: t
      .call('Adds a member; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') })
      .all()
  }
}
