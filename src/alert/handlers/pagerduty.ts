import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

export default defineHandler({
  kind: 'pagerduty',
  goType: '*pagerduty.HandlerConfig',
  script: {
    name: 'pagerDuty',
    hostType: 'PagerDutyHandler',
    summary: 'Sends the event to PagerDuty (events API v1).',
    args: {},
    properties: { serviceKey: t.string('Service key; default: that of the configuration.') }
  },
  section: field.section(
    'Service PagerDuty, API version 1.',
    {
      enabled: sections.enabled,
      url: field.target(
        'Address that events are sent to.',
        'https://events.pagerduty.com/generic/2010-04-15/create_event.json'
      ),
      'service-key': field.secret('Service key of alerts that name none.'),
      ...sections.everywhere
    },
    ({ url }) => sections.missing(url === '', 'url cannot be empty') ?? sections.badUrl(url, 'URL')
  ),
  options: { 'service-key': option.secret },
  open: (options, deps) => ({
    async send({ event: { id, level, message, details } }) {
      const service = serviceOf(deps, 'pagerduty')
      if (level === 1) {
        throw new DeliveryError('refused', "AlertLevel 'info' is currently ignored by the PagerDuty service")
      }
      await postJson(deps, {
        service: 'PagerDuty',
        url: service.text('url'),
        body: {
          client: 'kapacitor',
          client_url: deps.clientUrl,
          description: message,
          details,
          event_type: level === 0 ? 'resolve' : 'trigger',
          incident_key: id,
          service_key: options['service-key'] || service.text('service-key')
        },
        accepts: [200],
        reason: 'message'
      })
    }
  }),
  test: serviceTest({
    options: () => ({
      'incident-key': 'testIncidentKey',
      description: 'test pagerduty message',
      details: '',
      level: levelText('CRITICAL')
    }),
    delivery: ({ 'incident-key': id, description, details, level }) => ({
      event: { id, message: description, details, level }
    })
  })
})
