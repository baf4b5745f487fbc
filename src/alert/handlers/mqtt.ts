import { type HandlerSpec, t } from '../../graph/spec.ts'
import { poolsByOwner } from './client-pool.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { brokerSettingsOf, MqttBroker, type Qos } from './mqtt-broker.ts'
import { option, type OptionType } from './options.ts'
import { findEntry } from './services.ts'
import { eventTemplate } from './templates.ts'
import { FormedText, serviceTest } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'mqtt',
  kind: 'mqtt',
  hostType: 'MQTTHandler',
  summary: 'Publishes the message to an MQTT topic.',
  args: { topic: t.string('Template of the MQTT topic.') },
  properties: {
    brokerName: t.string('Name of a configured broker; default: the one marked as default.'),
    topic: t.string('Template of the topic, instead of the argument.'),
    qos: t.int('0, 1 or 2.'),
    retained: t.bool('The broker keeps the message for later subscribers.')
  }
}

/** `exactly-one` is Kapacitor's spelling. */
const QOS: Readonly<Record<string, Qos>> = {
  'at-most-once': 0,
  'at-least-once': 1,
  'exactly-one': 2,
  'exactly-once': 2
}

const qosOption: OptionType<Qos> = {
  zero: 0,
  read(value, name, problems) {
    const level = typeof value === 'string' ? QOS[value] : Number(value ?? 0)
    if (level === 0 || level === 1 || level === 2) return level
    problems.push(`error decoding '${name}': invalid QoS`)
    return 0
  }
}

const brokersOf = poolsByOwner<MqttBroker>()

export default defineHandler({
  kind: 'mqtt',
  title: 'MQTT handler',
  goType: '*mqtt.HandlerConfig',
  options: { 'broker-name': option.string, topic: option.string, qos: qosOption, retained: option.bool },
  open(options, deps) {
    const topic = eventTemplate('topic', options.topic)
    const brokers = brokersOf(deps.section)
    const user = {}
    return {
      async send(collected) {
        const rendered = topic(collected)
        if (rendered === '') throw new DeliveryError('refused', 'missing MQTT topic')
        const name = options['broker-name']
        const section = findEntry(deps, 'mqtt', 'name', name)
        if (section?.isEnabled !== true) {
          throw new DeliveryError('refused', `unknown MQTT broker ${JSON.stringify(name)}`)
        }
        const settings = brokerSettingsOf(section)
        const broker = brokers.take(user, section.text('name'), settings, () => new MqttBroker(settings, deps))
        const { qos, retained: retain } = options
        await broker.publish({ topic: rendered, payload: collected.event.message, qos, retain })
      },
      close: () => brokers.leave(user)
    }
  }
})

export const test = serviceTest({
  name: 'mqtt',
  options: (section) => ({
    'broker-name': section.text('name'),
    topic: '',
    message: 'test MQTT message',
    qos: new FormedText('at-most-once', 'mqtt.QoSLevel', (given) =>
      Object.hasOwn(QOS, given) ? undefined : 'invalid QoS'
    ),
    retained: false
  }),
  delivery: ({ message, ...options }) => ({ options, event: { message } })
})
