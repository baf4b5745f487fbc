import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { compactJson } from '../../model/json.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { askOverTcp } from './tcp-client.ts'
import { eventTemplate } from './templates.ts'
import { jsonOf, scriptPairs } from './values.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const STATUSES = [0, 0, 1, 2] as const
const PATTERN = '^[\\w\\.-]+$'
const NAME = new RegExp(PATTERN)

export default defineHandler({
  kind: 'sensu',
  title: 'sensu alert handler',
  goType: '*sensu.HandlerConfig',
  script: {
    hostType: 'SensuHandler',
    summary: 'Sends the event to a Sensu client.',
    args: {},
    properties: {
      source: t.string('Template of the source; default: that of the configuration.'),
      handlers: t.list(t.string('Handlers in Sensu; default: those of the configuration.')),
      metadata: t.call('Adds a member to the result.', { key: t.string('Name.'), value: t.any('Value.') }).all()
    }
  },
  section: field.section(
    'Service Sensu.',
    {
      enabled: sections.enabled,
      addr: field.target('Socket of the Sensu client, as host:port.'),
      source: field.text('Source of results that name none.', 'Kapacitor'),
      handlers: field.texts('Handlers in Sensu of results that name none.')
    },
    ({ enabled, addr }) => sections.missing(enabled && addr === '', 'must specify client address')
  ),
  options: { source: option.string, handlers: option.strings, metadata: option.values },
  fromScript: ({ metadata }) => ({ metadata: scriptPairs(metadata) }),
  open(options, deps) {
    const source = eventTemplate('source', options.source)
    return {
      async send(topicEvent) {
        const { id, level, message } = topicEvent.event
        if (!NAME.test(id)) {
          throw new DeliveryError('refused', `invalid name "${id}" for sensu alert. Must match ${PATTERN}`)
        }
        const service = serviceOf(deps, 'sensu')
        const check = new Map<string, unknown>([
          ...Object.entries(options.metadata).map(([name, value]) => [name, jsonOf(value)] as const),
          ['name', id],
          ['output', message],
          ['source', source(topicEvent) || service.text('source')],
          ['status', STATUSES[level]],
          ['handlers', service.listOr('handlers', options.handlers) ?? null]
        ])
        const context = { guard: deps.guard, context: 'failed to connect to sensu' }
        const answer = await askOverTcp(service.text('addr'), `${compactJson(check)}\n`, context)
        if (answer !== 'ok') throw new DeliveryError('failed', `sensu socket error: ${answer}`)
      }
    }
  },
  test: serviceTest({
    options: () => ({
      name: 'testName',
      source: 'Kapacitor',
      output: 'testOutput',
      handlers: [],
      metadata: {},
      level: levelText('CRITICAL')
    }),
    delivery: ({ name, output, level, ...options }) => ({ options, event: { id: name, message: output, level } })
  })
})
