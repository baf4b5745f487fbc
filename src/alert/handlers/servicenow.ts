import { type HandlerSpec, t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { memberOf, postJson } from './http-service.ts'
import { compactJson } from '../../model/json.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { cutToBytes } from './text.ts'
import { eventTemplate, renderedValues, scriptPairs } from './templates.ts'
import { serviceTest } from './service-test.ts'

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

const SEVERITIES = ['5', '5', '4', '1'] as const
const TEXT_BYTES = 100
const KEY_BYTES = 1024
const DESCRIPTION_BYTES = 4000

export default defineHandler({
  kind: 'servicenow',
  title: 'ServiceNow handler',
  goType: '*servicenow.HandlerConfig',
  options: {
    url: option.string,
    username: option.string,
    password: option.string,
    source: option.string,
    node: option.string,
    type: option.string,
    resource: option.string,
    metricName: option.string,
    messageKey: option.string,
    additional_info: option.values
  },
  fromScript: ({ additionalInfo }) => ({ additional_info: scriptPairs(additionalInfo) }),
  open(options, deps) {
    const node = eventTemplate('node', options.node)
    const type = eventTemplate('type', options.type)
    const resource = eventTemplate('resource', options.resource)
    const metricName = eventTemplate('metricName', options.metricName)
    const messageKey = eventTemplate('messageKey', options.messageKey || '{{ .ID }}')
    const additionalInfo = renderedValues(options.additional_info, 'additional_info.')
    return {
      async send(collected) {
        const service = serviceOf(deps, 'servicenow')
        const { level, message } = collected.event
        const info = additionalInfo(collected)
        const username = options.username || service.text('username')
        const password = options.password || service.text('password')
        const record = {
          source: textOf(options.source || service.text('source')),
          node: textOf(node(collected)),
          type: textOf(type(collected)),
          resource: textOf(resource(collected)),
          metric_name: textOf(metricName(collected)),
          message_key: textOf(messageKey(collected), KEY_BYTES),
          severity: SEVERITIES[level],
          description: textOf(message, DESCRIPTION_BYTES),
          additional_info: info.size === 0 ? undefined : compactJson(info)
        }
        await postJson(deps, {
          service: 'ServiceNow',
          url: options.url || service.text('url'),
          body: { records: [record] },
          basicAuth: username === '' || password === '' ? undefined : { username, password },
          accepts: [200, 201],
          reasonOf: memberOf('error')
        })
      }
    }
  }
})

export const test = serviceTest({
  name: 'servicenow',
  options: (section) => ({
    alert_id: '1001',
    source: section.text('source'),
    level: 'CRITICAL',
    message: 'test servicenow message',
    node: '',
    type: '',
    resource: '',
    metric_name: '',
    message_key: '',
    additional_info: {}
  }),
  delivery: ({ alert_id, level, message, metric_name, message_key, ...options }) => ({
    options: { ...options, metricName: metric_name, messageKey: message_key },
    event: { id: alert_id, message, level }
  })
})

/** Members that are empty are left out. */
function textOf(text: string, bytes = TEXT_BYTES): string | undefined {
  return text === '' ? undefined : cutToBytes(text, bytes)
}
