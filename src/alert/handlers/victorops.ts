import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { levelName } from '../../model/level.ts'
import { defineHandler } from './handler.ts'
import { addressBelow, postJson } from './http-service.ts'
import { RawJson } from '../../model/json.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

export default defineHandler({
  kind: 'victorops',
  goType: '*victorops.HandlerConfig',
  script: {
    name: 'victorOps',
    hostType: 'VictorOpsHandler',
    summary: 'Sends the event to VictorOps.',
    args: {},
    properties: { routingKey: t.string('Routing key; default: that of the configuration.') }
  },
  section: field.section(
    'Service VictorOps.',
    {
      enabled: sections.enabled,
      'api-key': field.secret('API key of VictorOps.'),
      'routing-key': field.text('Routing key of alerts that name none.'),
      url: field.target(
        'Address that alerts are sent to.',
        'https://alert.victorops.com/integrations/generic/20131114/alert'
      ),
      ...sections.everywhere,
      'json-data': field.flag('Sends the data of the event as JSON instead of as a text.')
    },
    ({ url }) => sections.missing(url === '', 'url cannot be empty') ?? sections.badUrl(url, 'URL')
  ),
  options: { 'routing-key': option.string },
  open: (options, deps) => ({
    async send({ event: { id, level, message, timeNs, dataJson } }) {
      const service = serviceOf(deps, 'victorops')
      const key = options['routing-key'] || service.text('routing-key')
      await postJson(deps, {
        service: 'VictorOps',
        url: addressBelow(service.text('url'), service.text('api-key'), key),
        body: {
          data: service.flag('json-data') ? new RawJson(dataJson) : dataJson,
          entity_id: id,
          message_type: level === 0 ? 'RECOVERY' : levelName(level),
          monitoring_tool: 'kapacitor',
          state_message: message,
          timestamp: timeNs / 1_000_000_000n
        },
        accepts: [200],
        reason: 'message',
        notFound: 'URL or API key not found: 404'
      })
    }
  }),
  test: serviceTest({
    options: (section) => ({
      routingKey: section.text('routing-key'),
      messageType: 'CRITICAL',
      message: 'test victorops message',
      entityID: 'testEntityID'
    }),
    delivery: ({ routingKey, messageType, message, entityID }) => ({
      options: { 'routing-key': routingKey },
      event: { id: entityID, message, level: messageType === 'RECOVERY' ? 'OK' : messageType }
    })
  })
})
