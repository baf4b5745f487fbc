import { type HandlerSpec, t } from '../../graph/spec.ts'
import { formatValue } from '../../model/value.ts'
import { defineHandler } from './handler.ts'
import { memberOf, postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { eventTemplate, renderedValues, scriptPairs } from './templates.ts'
import { unescapeHtml } from './text.ts'
import { eventOf, nanosOfText, serviceTest, testEventData } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'bigPanda',
  kind: 'bigpanda',
  hostType: 'BigPandaHandler',
  summary: 'Sends the event to BigPanda.',
  args: {},
  properties: {
    appKey: t.string('Application key; default: that of the configuration.'),
    host: t.string('Template of the host.'),
    primaryProperty: t.string('Member that BigPanda groups by first.'),
    secondaryProperty: t.string('Member that BigPanda groups by next.'),
    attribute: t.call('Adds a member; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') }).all()
  }
}

const STATUSES = ['ok', 'ok', 'warning', 'critical'] as const

export default defineHandler({
  kind: 'bigpanda',
  title: 'BigPanda handler',
  goType: '*bigpanda.HandlerConfig',
  options: {
    'app-key': option.string,
    url: option.string,
    host: option.string,
    'primary-property': option.string,
    'secondary-property': option.string,
    attributes: option.values
  },
  fromScript: ({ attribute }) => ({ attributes: scriptPairs(attribute) }),
  open(options, deps) {
    const host = eventTemplate('host', options.host)
    const attributes = renderedValues(options.attributes)
    return {
      async send(collected) {
        const service = serviceOf(deps, 'bigpanda')
        const { id, level, message, details, timeNs, taskName, name, tags, fields } = collected.event
        const automatic = service.text('auto-attributes', 'tags,fields').split(',')
        const body = new Map<string, unknown>([
          ['app_key', options['app-key'] || service.text('app-key')],
          ['check', id],
          ['description', message],
          ['details', details.startsWith('{') ? details : unescapeHtml(details)],
          ['status', STATUSES[level]],
          ['task', `${taskName}:${name}`],
          ['timestamp', timeNs / 1_000_000_000n],
          ...optional('host', host(collected)),
          ...optional('primary_property', options['primary-property']),
          ...optional('secondary_property', options['secondary-property']),
          ...(automatic.includes('tags') ? Object.entries(tags) : []),
          ...(automatic.includes('fields')
            ? Object.entries(fields).map(([field, { type, value }]) => [field, formatValue(value, type)] as const)
            : []),
          ...attributes(collected)
        ])
        await postJson(deps, {
          service: 'BigPanda',
          url: options.url || service.text('url', 'https://api.bigpanda.io/data/v2/alerts'),
          headers: { Authorization: `Bearer ${service.text('token')}` },
          body,
          accepts: [201],
          isInsecure: service.flag('insecure-skip-verify'),
          reasonOf: memberOf('error')
        })
      }
    }
  }
})

export const test = serviceTest({
  name: 'bigpanda',
  options: () => ({
    app_key: '012345',
    message: 'test bigpanda message',
    level: 'CRITICAL',
    event_data: testEventData('testBigPanda'),
    timestamp: '1970-01-01T00:00:01Z',
    host: 'serverA',
    primary_property: '',
    secondary_property: ''
  }),
  delivery: ({ app_key, message, level, event_data, timestamp, host, primary_property, secondary_property }) => ({
    options: {
      'app-key': app_key,
      host,
      'primary-property': primary_property,
      'secondary-property': secondary_property
    },
    event: { message, level, timeNs: nanosOfText(timestamp), ...eventOf(event_data) }
  })
})

function optional(name: string, value: string): [string, string][] {
  return value === '' ? [] : [[name, value]]
}
