import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { poolsByOwner } from './client-pool.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { brokerSettingsOf, MqttBroker, type Qos } from './mqtt-broker.ts'
import { option, type OptionType } from './options.ts'
import { findEntry } from './services.ts'
import { eventTemplate } from './templates.ts'
import { FormedText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

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
  script: {
    hostType: 'MQTTHandler',
    summary: 'Publishes the message to an MQTT topic.',
    args: { topic: t.string('Template of the MQTT topic.') },
    properties: {
      brokerName: t.string('Name of a configured broker; default: the one marked as default.'),
      topic: t.string('Template of the topic, instead of the argument.'),
      qos: t.int('0, 1 or 2.'),
      retained: t.bool('The broker keeps the message for later subscribers.')
    }
  },
  section: field.list(
    'MQTT, one entry a broker.',
    {
      enabled: sections.enabled,
      name: field.text('Name by which scripts choose the broker.', 'default'),
      default: field.flag('Makes the broker that of scripts which name none.'),
      url: field.target('Address of the broker: tcp://host:port, ssl://host:port, ws://host:port or wss://host:port.'),
      ...sections.tls,
      'client-id': field.text('Client id of the connection; empty: the name.'),
      username: field.text('User name at the broker.'),
      password: field.secret('Password at the broker.')
    },
    {
      key: 'name',
      initial: [{}],
      problemOf: ({ enabled, name, url }) =>
        sections.missing(name === '', 'must specify a name for the mqtt broker') ??
        sections.missing(enabled && url === '', 'must specify a url for mqtt service'),
      problemOfAll: (brokers) => {
        const defaults = brokers.filter((broker) => broker.default)
        return (
          sections.missing(defaults.length > 1, 'more than one configuration is marked as the default') ??
          sections.missing(defaults.length === 0 && brokers.length > 1, 'no configuration is marked as the default')
        )
      }
    }
  ),
  options: { 'broker-name': option.string, topic: option.string, qos: qosOption, retained: option.bool },
  open(options, deps) {
    const topic = eventTemplate('topic', options.topic)
    const brokers = brokersOf(deps.section)
    const user = {}
    return {
      async send(topicEvent) {
        const rendered = topic(topicEvent)
        if (rendered === '') throw new DeliveryError('refused', 'missing MQTT topic')
        const name = options['broker-name']
        const section = findEntry(deps, 'mqtt', 'name', name)
        if (section?.isEnabled !== true) {
          throw new DeliveryError('refused', `unknown MQTT broker ${JSON.stringify(name)}`)
        }
        const settings = brokerSettingsOf(section)
        const broker = brokers.take(user, section.text('name'), settings, () => new MqttBroker(settings, deps))
        const { qos, retained: retain } = options
        await broker.publish({ topic: rendered, payload: topicEvent.event.message, qos, retain })
      },
      close: () => brokers.leave(user)
    }
  },
  test: serviceTest({
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
})
