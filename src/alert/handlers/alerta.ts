import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { parseGoDuration } from '../../core/duration.ts'
import { compareBytes } from '../../model/bytes.ts'
import { LEVELS } from '../../model/event.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { addressBelow, postJson } from './http-service.ts'
import { RawJson } from '../../model/json.ts'
import { option, optional } from './options.ts'
import { serviceOf } from './services.ts'
import { eventTemplate, renderedValues } from './templates.ts'
import { jsonOf, scriptPairs } from './values.ts'
import { serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const SEVERITIES = ['ok', 'informational', 'warning', 'critical'] as const
const DAY_MS = 86_400_000

export default defineHandler({
  kind: 'alerta',
  title: 'Alerta handler',
  goType: '*alerta.HandlerConfig',
  script: {
    hostType: 'AlertaHandler',
    summary: 'Sends the event to Alerta.',
    args: {},
    properties: {
      token: t.string('API token; default: that of the configuration.'),
      tokenPrefix: t.string('Scheme before the token; default: `Bearer`.'),
      resource: t.string('Template of the resource; default: the measurement.'),
      event: t.string('Template of the event; default: the id.'),
      environment: t.string('Template of the environment; default: that of the configuration.'),
      group: t.string('Template of the group; default: the group of the event.'),
      value: t.string('Template of the value.'),
      origin: t.string('Origin; default: that of the configuration.'),
      services: t.list(t.string('Templates of the services; default: the measurement.')),
      correlated: t.list(t.string('Templates of correlated events; default: the measurement.')),
      attribute: t
        .call('Adds an attribute; a text is a template.', { key: t.string('Name.'), value: t.any('Value.') })
        .all(),
      timeout: t.duration('Time after which Alerta takes the alert for expired.')
    }
  },
  section: field.section(
    'Service Alerta.',
    {
      enabled: sections.enabled,
      url: field.target('Address of the Alerta server.'),
      'insecure-skip-verify': sections.insecureSkipVerify,
      token: field.secret('API token of Alerta.'),
      'token-prefix': field.text('Word before the token in the Authorization header; empty: Bearer.'),
      environment: field.text('Environment of alerts that name none.'),
      origin: field.text('Origin of alerts that name none.'),
      timeout: field.duration('Time after which Alerta takes an alert for expired; 0: 24h.', '0s')
    },
    ({ enabled, url }) => sections.missing(enabled && url === '', 'must specify url') ?? sections.badUrl(url)
  ),
  options: {
    token: option.secret,
    'token-prefix': option.string,
    resource: optional(option.string, '{{ .Name }}'),
    event: optional(option.string, '{{ .ID }}'),
    environment: option.string,
    group: optional(option.string, '{{ .Group }}'),
    value: option.string,
    origin: option.string,
    service: option.strings,
    correlate: option.strings,
    attributes: option.values,
    timeout: optional(option.duration, undefined)
  },
  fromScript: ({ services, correlated, attribute }) => ({
    service: services,
    correlate: correlated,
    attributes: scriptPairs(attribute)
  }),
  open(options, deps) {
    const resource = eventTemplate('resource', options.resource)
    const name = eventTemplate('event', options.event)
    const environment = eventTemplate('environment', options.environment)
    const group = eventTemplate('group', options.group)
    const value = eventTemplate('value', options.value)
    const services = options.service.map((text) => eventTemplate('service', text))
    const correlated = options.correlate.map((text) => eventTemplate('correlate', text))
    const attributes = renderedValues(options.attributes)
    return {
      async send(topicEvent) {
        const { event } = topicEvent
        const texts = { resource: resource(topicEvent), event: name(topicEvent) }
        if (texts.resource === '' || texts.event === '') {
          throw new DeliveryError('refused', 'Resource and Event are required to send an alert')
        }
        const service = serviceOf(deps, 'alerta')
        const prefix = options['token-prefix'] || service.text('token-prefix') || 'Bearer'
        const extra = attributes(topicEvent)
        // Differs: the timeout of the configuration is that of alerts which set none; Kapacitor does not look at it.
        const timeoutMs =
          options.timeout === undefined ? service.durationMs('timeout') || DAY_MS : options.timeout / 1e6
        await postJson(deps, {
          service: 'Alerta',
          url: addressBelow(service.text('url'), 'alert'),
          headers: { Authorization: `${prefix} ${options.token || service.text('token')}` },
          body: {
            attributes: extra.size === 0 ? undefined : jsonOf(extra),
            correlate: correlated.length === 0 ? [event.name] : correlated.map((render) => render(topicEvent)),
            environment: environment(topicEvent) || service.text('environment'),
            event: texts.event,
            group: group(topicEvent),
            origin: options.origin || service.text('origin'),
            rawData: new RawJson(event.dataJson),
            resource: texts.resource,
            service: services.length === 0 ? [event.name] : services.map((render) => render(topicEvent)),
            severity: SEVERITIES[event.level],
            tags: Object.entries(event.tags)
              .map(([tag, text]) => `${tag}=${text}`)
              .sort(compareBytes),
            text: event.message,
            timeout: Math.trunc(timeoutMs / 1000),
            value: value(topicEvent)
          },
          accepts: [201],
          isInsecure: service.flag('insecure-skip-verify'),
          reason: 'message'
        })
      }
    }
  },
  test: serviceTest({
    options: (section) => ({
      resource: 'testResource',
      event: 'testEvent',
      environment: section.text('environment'),
      severity: 'critical',
      group: 'testGroup',
      value: 'testValue',
      message: 'test alerta message',
      origin: section.text('origin'),
      service: ['testServiceA', 'testServiceB'],
      correlate: ['testServiceX', 'testServiceY'],
      attributes: { testAttributeA: 'A', testAttributeB: true, testAttributeC: 9001 },
      timeout: '24h0m0s'
    }),
    delivery: ({ severity, message, timeout, ...options }) => ({
      options: { ...options, timeout: Number(parseGoDuration(timeout) ?? 0n) },
      event: { message, level: LEVELS[SEVERITIES.findIndex((one) => one === severity)] ?? 'CRITICAL' }
    })
  })
})
