import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { addressBelow, postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const COLORS = ['green', 'green', 'yellow', 'red'] as const

export default defineHandler({
  kind: 'hipchat',
  goType: '*hipchat.HandlerConfig',
  script: {
    name: 'hipChat',
    hostType: 'HipChatHandler',
    summary: 'Sends the event to a HipChat room.',
    args: {},
    properties: {
      room: t.string('Room; default: that of the configuration.'),
      token: t.string('Token; default: that of the configuration.')
    }
  },
  section: field.section(
    'Service HipChat.',
    {
      enabled: sections.enabled,
      url: field.target('Address of the HipChat server.'),
      token: field.secret('API token of HipChat.'),
      room: field.text('Room of alerts that name none.'),
      ...sections.changes
    },
    ({ enabled, url }) => sections.missing(enabled && url === '', 'must specify url') ?? sections.badUrl(url)
  ),
  options: { room: option.string, token: option.secret },
  open: (options, deps) => ({
    async send({ event }) {
      const service = serviceOf(deps, 'hipchat')
      const room = options.room || service.text('room')
      const query = new URLSearchParams({ auth_token: options.token || service.text('token') })
      await postJson(deps, {
        service: 'HipChat',
        url: `${addressBelow(service.text('url'), room, 'notification').replace(/\?.*$/s, '')}?${query}`,
        body: { color: COLORS[event.level], from: 'kapacitor', message: event.message, notify: true },
        accepts: [200, 204],
        reason: 'error'
      })
    }
  }),
  test: serviceTest({
    options: (section) => ({
      room: section.text('room'),
      message: 'test hipchat message',
      level: levelText('CRITICAL')
    }),
    delivery: ({ room, message, level }) => ({ options: { room }, event: { message, level } })
  })
})
