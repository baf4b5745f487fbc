import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { cellJson } from '../../model/row.ts'
import { defineHandler } from './handler.ts'
import { isSameOrigin, postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { eventTemplate, renderedValues } from './templates.ts'
import { unescapeHtml } from './text.ts'
import { jsonOf, scriptPairs } from './values.ts'
import type { AlertEvent } from '../../model/event.ts'
import { compactJson } from '../../model/json.ts'
import { eventOf, levelText, nanosOfText, serviceTest, testEventData, timeText } from './service-test.ts'
import * as sections from './sections.ts'

const STATUSES = ['ok', 'ok', 'warning', 'critical'] as const

export default defineHandler({
  kind: 'bigpanda',
  title: 'BigPanda handler',
  goType: '*bigpanda.HandlerConfig',
  script: {
    name: 'bigPanda',
    hostType: 'BigPandaHandler',
    summary: 'Sends the event to BigPanda.',
    args: {},
    properties: {
      appKey: t.string('Application key; default: that of the configuration.'),
      host: t.string('Template of the host.'),
      primaryProperty: t.string('Member that BigPanda groups by first.'),
      secondaryProperty: t.string('Member that BigPanda groups by next.'),
      attribute: t
        .call('Adds a member; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') })
        .all()
    }
  },
  section: field.section(
    'Service BigPanda.',
    {
      enabled: sections.enabled,
      ...sections.changes,
      'app-key': field.secret('Key of the BigPanda application.'),
      token: field.secret('API token of BigPanda.'),
      url: field.target('Address that alerts are sent to.', 'https://api.bigpanda.io/data/v2/alerts'),
      'auto-attributes': field.text('What is added to each alert: tags, fields, both or nothing.', 'tags,fields'),
      'insecure-skip-verify': sections.insecureSkipVerify
    },
    ({ enabled, url, 'app-key': appKey, token }) =>
      sections.missing(enabled && url === '', 'must specify the BigPanda webhook URL') ??
      sections.missing(enabled && appKey === '', 'must specify BigPanda app-key') ??
      sections.badUrl(url) ??
      sections.missing(enabled && token === '', 'must specify BigPanda token')
  ),
  options: {
    'app-key': option.secret,
    url: option.url,
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
      async send(topicEvent) {
        const service = serviceOf(deps, 'bigpanda')
        const { id, level, message, details, timeNs, taskName, name, tags, fields } = topicEvent.event
        const automatic = service.text('auto-attributes').toLowerCase()
        const url = options.url || service.text('url')
        // Differs: an address that a handler gives gets no secrets of the configuration, which Kapacitor sends there.
        const secrets = isSameOrigin(url, service.text('url')) ? service : undefined
        const body = new Map<string, unknown>([
          ...given('description', message),
          ...given('details', detailsOf(details)),
          ...given('check', id),
          ['task', `${taskName}:${name}`],
          ['timestamp', timeNs / 1_000_000_000n],
          ['status', STATUSES[level]],
          ...given('primary_property', options['primary-property']),
          ...given('secondary_property', options['secondary-property']),
          ['app_key', options['app-key'] || (secrets?.text('app-key') ?? '')],
          ...(automatic.includes('tags') ? Object.entries(tags) : []),
          ...(automatic.includes('fields')
            ? Object.entries(fields).map(([field, cell]) => [field, cellText(cell)] as const)
            : []),
          ['host', host(topicEvent)],
          ...[...attributes(topicEvent)].map(([attribute, value]) => [attribute, attributeText(value)] as const)
        ])
        await postJson(deps, {
          service: 'BigPanda',
          url,
          headers: { Authorization: `Bearer ${secrets?.text('token') ?? ''}` },
          body,
          accepts: [201],
          isInsecure: service.flag('insecure-skip-verify'),
          reason: 'error'
        })
      }
    }
  },
  test: serviceTest({
    options: (_, now) => ({
      app_key: '012345',
      message: 'test bigpanda message',
      level: levelText('CRITICAL'),
      event_data: testEventData('testBigPanda'),
      timestamp: timeText(now),
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
})

function given(name: string, value: string): [string, string][] {
  return value === '' ? [] : [[name, value]]
}

/** Details that are JSON, as the default ones are, say nothing that the other members do not. */
function detailsOf(details: string): string {
  const text = unescapeHtml(details)
  return text.startsWith('{') ? '' : text
}

/** The text of a cell: every member of an alert is a text at BigPanda. */
function cellText(cell: AlertEvent['fields'][string]): string {
  return typeof cell.value === 'string' ? cell.value : cellJson(cell)
}

function attributeText(value: unknown): string {
  return typeof value === 'string' ? value : compactJson(jsonOf(value))
}
