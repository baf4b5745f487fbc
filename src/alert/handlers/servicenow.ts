import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { isSameOrigin, postJson } from './http-service.ts'
import { compactJson } from '../../model/json.ts'
import { option } from './options.ts'
import { type Section, serviceOf } from './services.ts'
import { cutToBytes } from './text.ts'
import { eventTemplate, renderedValues } from './templates.ts'
import { scriptPairs, textOf } from './values.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const SEVERITIES = ['5', '5', '4', '1'] as const
const TEXT_BYTES = 100
const KEY_BYTES = 1024
const DESCRIPTION_BYTES = 4000

export default defineHandler({
  kind: 'servicenow',
  title: 'ServiceNow handler',
  goType: '*servicenow.HandlerConfig',
  script: {
    name: 'serviceNow',
    hostType: 'ServiceNowHandler',
    summary: 'Sends the event to ServiceNow.',
    args: {},
    properties: {
      uRL: t.string('URL; default: that of the configuration.'),
      username: t.string('User name at ServiceNow; default: that of the configuration.'),
      password: t.string('Password at ServiceNow; default: that of the configuration.'),
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
  },
  section: field.section(
    'Service ServiceNow.',
    {
      enabled: sections.enabled,
      url: field.target('Address that events are sent to.', 'https://instance.service-now.com/api/global/em/jsonv2'),
      source: field.text('Source of events that name none.'),
      username: field.text('User name at ServiceNow.'),
      password: field.secret('Password at ServiceNow.'),
      ...sections.changes
    },
    ({ enabled, url }) => sections.missing(enabled && url === '', 'must specify events URL') ?? sections.badUrl(url)
  ),
  options: {
    url: option.url,
    username: option.string,
    password: option.secret,
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
    const messageKey = eventTemplate('messageKey', options.messageKey)
    const additionalInfo = renderedValues(options.additional_info, 'additional_info.')
    return {
      async send(topicEvent) {
        const service = serviceOf(deps, 'servicenow')
        const { id, level, message } = topicEvent.event
        const info = [...additionalInfo(topicEvent)].map(([name, value]) => [name, textOf(value)] as const)
        const url = options.url || service.text('url')
        const record = {
          source: cutToBytes(options.source || service.text('source'), TEXT_BYTES),
          node: cut(node(topicEvent)),
          type: cut(type(topicEvent)),
          resource: cut(resource(topicEvent)),
          metric_name: cut(metricName(topicEvent)),
          message_key: cut(messageKey(topicEvent) || id, KEY_BYTES),
          severity: SEVERITIES[level],
          description: cut(message, DESCRIPTION_BYTES),
          additional_info: info.length === 0 ? undefined : compactJson(new Map(info))
        }
        await postJson(deps, {
          service: 'ServiceNow',
          url,
          body: { records: [record] },
          basicAuth: credentialsFor(url, options, service),
          accepts: [200, 201],
          reason: 'error'
        })
      }
    }
  },
  test: serviceTest({
    options: () => ({
      alert_id: '1001',
      message: 'test servicenow message',
      level: levelText('CRITICAL'),
      source: 'Kapacitor',
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
})

/**
 * Differs: a user name and a password that a handler gives are used; Kapacitor takes those of the configuration. Those
 * go to the address of the configuration only.
 */
function credentialsFor(
  url: string,
  options: { readonly username: string; readonly password: string },
  service: Section
): { readonly username: string; readonly password: string } | undefined {
  const isOurs = isSameOrigin(url, service.text('url'))
  const username = options.username || (isOurs ? service.text('username') : '')
  const password = options.password || (isOurs ? service.text('password') : '')
  return username === '' || password === '' ? undefined : { username, password }
}

/** Members that are empty are left out. */
function cut(text: string, bytes = TEXT_BYTES): string | undefined {
  return text === '' ? undefined : cutToBytes(text, bytes)
}
