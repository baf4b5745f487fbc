import { type HandlerSpec, t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { cutToBytes } from './text.ts'
import { renderedValues, zenossTemplate } from './templates.ts'
import { jsonOf, scriptPairs } from './values.ts'
import { parseJson, plainOf } from '../../core/json.ts'
import { levelText, serviceTest } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'zenoss',
  kind: 'zenoss',
  hostType: 'ZenossHandler',
  summary: 'Sends the event to Zenoss.',
  args: {},
  properties: {
    uRL: t.string('Taken and left aside, as in Kapacitor: the address is that of the configuration.'),
    username: t.string('Taken and left aside, as in Kapacitor: the user name is that of the configuration.'),
    password: t.string('Taken and left aside, as in Kapacitor: the password is that of the configuration.'),
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

const SUMMARY_BYTES = 256
const MESSAGE_BYTES = 4096

export default defineHandler({
  kind: 'zenoss',
  title: 'Zenoss handler',
  goType: '*zenoss.HandlerConfig',
  options: {
    action: option.string,
    method: option.string,
    type: option.string,
    tid: option.int,
    summary: option.string,
    device: option.string,
    component: option.string,
    eventclasskey: option.string,
    eventclass: option.string,
    collector: option.string,
    message: option.string,
    customField: option.values
  },
  fromScript: ({ customField }) => ({ customField: scriptPairs(customField) }),
  open(options, deps) {
    const summary = zenossTemplate('summary', options.summary)
    const device = zenossTemplate('device', options.device)
    const component = zenossTemplate('component', options.component)
    const classKey = zenossTemplate('evclasskey', options.eventclasskey)
    const eventClass = zenossTemplate('evclass', options.eventclass)
    const collector = zenossTemplate('collector', options.collector)
    const message = zenossTemplate('message', options.message)
    const custom = renderedValues(options.customField, 'customData.', zenossTemplate)
    return {
      async send(collected) {
        const service = serviceOf(deps, 'zenoss')
        const { level, message: alertMessage } = collected.event
        const username = service.text('username')
        const password = service.text('password')
        await postJson(deps, {
          service: 'Zenoss',
          url: service.text('url'),
          body: {
            action: options.action || service.text('action'),
            method: options.method || service.text('method'),
            data: [
              new Map<string, unknown>([
                ['summary', cutToBytes(summary(collected) || alertMessage, SUMMARY_BYTES)],
                ['device', device(collected)],
                ['component', component(collected)],
                ['severity', service.ofLevel('severity-map', level)],
                ['evclasskey', classKey(collected)],
                ['evclass', eventClass(collected)],
                ...given('collector', collector(collected) || service.text('collector')),
                ...given('message', cutToBytes(message(collected), MESSAGE_BYTES)),
                ...[...custom(collected)].map(([name, value]) => [name, jsonOf(customValueOf(value))] as const)
              ])
            ],
            type: options.type || service.text('type'),
            tid: options.tid || service.int('tid')
          },
          basicAuth: username === '' || password === '' ? undefined : { username, password },
          accepts: [200],
          reason: 'error'
        })
      }
    }
  }
})

export const test = serviceTest({
  name: 'zenoss',
  options: (section) => ({
    alert_id: '1001',
    level: levelText('CRITICAL'),
    message: 'test zenoss message',
    action: section.text('action'),
    method: section.text('method'),
    type: section.text('type'),
    tid: section.int('tid'),
    summary: '',
    device: '',
    component: '',
    eventclasskey: '',
    eventclass: '',
    collector: section.text('collector'),
    custom_fields: {}
  }),
  delivery: ({ alert_id, level, message, custom_fields, ...options }) => ({
    options: { ...options, customField: custom_fields },
    event: { id: alert_id, message, level }
  })
})

function given(name: string, value: string): [string, string][] {
  return value === '' ? [] : [[name, value]]
}

/** A text that is JSON stands for what it says. */
function customValueOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value
  const json = parseJson(value)
  return json.ok ? plainOf(json.value) : value
}
