import { findRequestUriProblem } from '../../core/go-url.ts'
import { maskUrl } from '../../core/mask.ts'
import { quote } from '../../core/print.ts'
import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { cutToBytes } from './text.ts'
import { renderedValues, zenossTemplate } from './templates.ts'
import { jsonOf, scriptPairs } from './values.ts'
import { parseJson, plainOf } from '../../core/json.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const SUMMARY_BYTES = 256
const MESSAGE_BYTES = 4096

export default defineHandler({
  kind: 'zenoss',
  title: 'Zenoss handler',
  goType: '*zenoss.HandlerConfig',
  script: {
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
  },
  section: field.section(
    'Service Zenoss.',
    {
      enabled: sections.enabled,
      url: field.target('Address that events are sent to.', 'https://tenant.zenoss.io:8080/zport/dmd/evconsole_router'),
      username: field.text('User name at Zenoss.'),
      password: field.secret('Password at Zenoss.'),
      action: field.text('Router of the request.', 'EventsRouter'),
      method: field.text('Method of the router.', 'add_event'),
      type: field.text('Type of the request.', 'rpc'),
      tid: field.int('Transaction id of the request.', 1),
      collector: field.text('Collector of events that name none.', 'Kapacitor'),
      'severity-map': field.levels('Severity of an event by the level of the alert: a text or a number each.', {
        ok: 'Clear',
        info: 'Info',
        warning: 'Warning',
        critical: 'Critical'
      }),
      ...sections.changes
    },
    ({ enabled, url }) => {
      if (url === '') return sections.missing(enabled, 'must specify events URL')
      const problem = findRequestUriProblem(url)
      const shown = maskUrl(url)
      return problem && `invalid url ${quote(shown)}: ${sections.shownProblem(problem, url, shown)}`
    }
  ),
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
      async send(topicEvent) {
        const service = serviceOf(deps, 'zenoss')
        const { level, message: alertMessage } = topicEvent.event
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
                ['summary', cutToBytes(summary(topicEvent) || alertMessage, SUMMARY_BYTES)],
                ['device', device(topicEvent)],
                ['component', component(topicEvent)],
                ['severity', service.ofLevel('severity-map', level)],
                ['evclasskey', classKey(topicEvent)],
                ['evclass', eventClass(topicEvent)],
                ...given('collector', collector(topicEvent) || service.text('collector')),
                ...given('message', cutToBytes(message(topicEvent), MESSAGE_BYTES)),
                ...[...custom(topicEvent)].map(([name, value]) => [name, jsonOf(customValueOf(value))] as const)
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
  },
  test: serviceTest({
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
