import { type HandlerSpec, t } from '../../graph/spec.ts'
import { levelName } from '../../model/level.ts'
import { defineHandler } from './handler.ts'
import { addressBelow, postJson } from './http-service.ts'
import { RawJson } from '../../model/json.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { serviceTest } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'victorOps',
  kind: 'victorops',
  hostType: 'VictorOpsHandler',
  summary: 'Sends the event to VictorOps.',
  args: {},
  properties: { routingKey: t.string('Routing key; default: that of the configuration.') }
}

export default defineHandler({
  kind: 'victorops',
  goType: '*victorops.HandlerConfig',
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
  })
})

export const test = serviceTest({
  name: 'victorops',
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
