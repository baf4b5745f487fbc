import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'mqtt',
  kind: 'mqtt',
  hostType: 'MQTTHandler',
  summary: 'Publishes the message to an MQTT topic.',
  args: { topic: t.string('Template of the MQTT topic.') },
  properties: {
    brokerName: t.string('Name of a configured broker; default: the one marked as default.'),
    qos: t.int('0, 1 or 2.'),
    retained: t.bool('The broker keeps the message for later subscribers.')
  }
}
