import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { type Instant, instantOfNanos } from '../../core/instant.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { RawJson } from '../../model/json.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { eventTemplate } from './templates.ts'
import { eventOf, levelText, nanosOfText, serviceTest, testEventData, timeText } from './service-test.ts'
import * as sections from './sections.ts'

const SEVERITIES = ['info', 'info', 'warning', 'critical'] as const

export default defineHandler({
  kind: 'pagerduty2',
  title: 'PagerDuty2 handler',
  goType: '*pagerduty2.HandlerConfig',
  script: {
    name: 'pagerDuty2',
    hostType: 'PagerDuty2Handler',
    summary: 'Sends the event to PagerDuty (events API v2).',
    args: {},
    properties: {
      routingKey: t.string('Routing key; default: that of the configuration.'),
      serviceKey: t.string('Another name of `routingKey`.').alias('routingKey'),
      link: t
        .call('Adds a link; both are templates.', {
          href: t.string('URL.'),
          text: t.rest(t.string('Text of the link; default: its URL.'))
        })
        .all()
    }
  },
  section: field.section(
    'Service PagerDuty, API version 2.',
    {
      enabled: sections.enabled,
      url: field.target('Address that events are sent to.', 'https://events.pagerduty.com/v2/enqueue'),
      'routing-key': field.secret('Routing key of alerts that name none.'),
      ...sections.everywhere
    },
    ({ url }) => sections.missing(url === '', 'url cannot be empty') ?? sections.badUrl(url, 'URL')
  ),
  options: { 'routing-key': option.secret, links: option.list({ href: option.string, text: option.string }) },
  fromScript({ link }) {
    const links = (link ?? []) as readonly { readonly href: string; readonly text: readonly string[] }[]
    return { links: links.map(({ href, text: [text = ''] }) => ({ href, text })) }
  },
  open(options, deps) {
    const links = options.links.map(({ href, text }) => ({
      href: eventTemplate('href', href),
      text: eventTemplate('text', text)
    }))
    return {
      async send(topicEvent) {
        const service = serviceOf(deps, 'pagerduty2')
        const { id, level, message, timeNs, dataJson, taskName, tags } = topicEvent.event
        await postJson(deps, {
          service: 'PagerDuty2',
          url: service.text('url'),
          headers: { Accept: 'application/vnd.pagerduty+json;version=2' },
          body: {
            routing_key: options['routing-key'] || service.text('routing-key'),
            event_action: level === 0 ? 'resolve' : 'trigger',
            dedup_key: id,
            payload: {
              summary: message,
              source: tags['host'] ?? 'unknown',
              severity: SEVERITIES[level],
              timestamp: withNineDigits(timeNs),
              class: taskName,
              component: '',
              group: '',
              custom_details: { result: new RawJson(dataJson) }
            },
            images: null,
            links:
              links.length === 0 ? null : links.map(({ href, text }) => linkOf(href(topicEvent), text(topicEvent))),
            client: 'kapacitor',
            client_url: deps.clientUrl
          },
          accepts: [200, 202],
          reason: 'message',
          explain: (reason, { status, errors }) =>
            `Status: ${String(status ?? '')}, Message: ${reason} Errors: [${Array.isArray(errors) ? errors.join(' ') : ''}]`
        })
      }
    }
  },
  test: serviceTest({
    options: () => ({
      alert_id: 'testAlertID',
      description: 'test pagerduty2 message',
      level: levelText('CRITICAL'),
      event_data: testEventData('testPagerDuty2'),
      timestamp: timeText(TEST_TIME),
      links: [
        { href: 'https://example.com/a', text: 'a' },
        { href: 'https://example.com/b', text: 'b' }
      ]
    }),
    delivery: ({ alert_id, description, level, event_data, timestamp, links }) => ({
      options: { links },
      event: { id: alert_id, message: description, level, timeNs: nanosOfText(timestamp), ...eventOf(event_data) }
    })
  })
})

const TEST_TIME: Instant = { ms: Date.UTC(2014, 10, 12, 11, 45, 26, 371), ns: 0 }

function linkOf(href: string, text: string): { readonly href: string; readonly text: string } {
  return { href, text: text === '' ? href : text }
}

/** RFC 3339 with all nine digits of the fraction. */
function withNineDigits(timeNs: bigint): string {
  const { ms, ns } = instantOfNanos(timeNs)
  return `${new Date(ms).toISOString().slice(0, -1)}${String(ns).padStart(6, '0')}Z`
}
