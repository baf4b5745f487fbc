import { type HandlerSpec, t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { memberOf, postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { cutToBytes } from './text.ts'
import { eventTemplate, renderedValues, scriptPairs } from './templates.ts'
import { serviceTest } from './service-test.ts'

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

const SEVERITIES = ['Clear', 'Info', 'Warning', 'Critical'] as const
/** Keys of the severity map, by level. */
const SEVERITY_KEYS = ['OK', 'Info', 'Warning', 'Critical'] as const
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
    const summary = eventTemplate('summary', options.summary || '{{ .Message }}')
    const device = eventTemplate('device', options.device)
    const component = eventTemplate('component', options.component)
    const classKey = eventTemplate('evclasskey', options.eventclasskey)
    const eventClass = eventTemplate('evclass', options.eventclass)
    const collector = eventTemplate('collector', options.collector)
    const message = eventTemplate('message', options.message)
    const custom = renderedValues(options.customField, 'customData.')
    return {
      async send(collected) {
        const service = serviceOf(deps, 'zenoss')
        const { level } = collected.event
        const username = service.text('username')
        const password = service.text('password')
        await postJson(deps, {
          service: 'Zenoss',
          url: service.text('url'),
          body: {
            action: options.action || service.text('action', 'EventsRouter'),
            method: options.method || service.text('method', 'add_event'),
            data: [
              {
                summary: cutToBytes(summary(collected), SUMMARY_BYTES),
                device: device(collected),
                component: component(collected),
                severity: service.map('severity-map')[SEVERITY_KEYS[level]] ?? SEVERITIES[level],
                evclasskey: classKey(collected),
                evclass: eventClass(collected),
                collector: collector(collected) || service.text('collector', 'Kapacitor'),
                message: cutToBytes(message(collected), MESSAGE_BYTES),
                ...Object.fromEntries(custom(collected))
              }
            ],
            type: options.type || service.text('type', 'rpc'),
            tid: options.tid || service.int('tid', 1)
          },
          basicAuth: username === '' || password === '' ? undefined : { username, password },
          accepts: [200],
          reasonOf: memberOf('message')
        })
      }
    }
  }
})

export const test = serviceTest({
  name: 'zenoss',
  options: (section) => ({
    alert_id: '1001',
    level: 'CRITICAL',
    message: 'test zenoss message',
    action: section.text('action', 'EventsRouter'),
    method: section.text('method', 'add_event'),
    type: section.text('type', 'rpc'),
    tid: section.int('tid', 1),
    summary: '',
    device: '',
    component: '',
    eventclasskey: '',
    eventclass: '',
    collector: section.text('collector', 'Kapacitor'),
    custom_fields: {}
  }),
  delivery: ({ alert_id, level, message, custom_fields, ...options }) => ({
    options: { ...options, customField: custom_fields },
    event: { id: alert_id, message, level }
  })
})
