import * as field from '../../core/fields.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { serviceOf } from './services.ts'
import { serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

export default defineHandler({
  kind: 'talk',
  goType: '*talk.HandlerConfig',
  script: {
    hostType: 'TalkHandler',
    summary: 'Posts the message to a JianLiao (Talk) room.',
    args: {},
    properties: {}
  },
  section: field.section(
    'Service Talk.',
    {
      enabled: sections.enabled,
      url: field.secretTarget('Webhook of the Talk room.'),
      author_name: field.text('Name of the sender.')
    },
    ({ enabled, url }) => sections.missing(enabled && url === '', 'must specify url') ?? sections.badWebhook(url)
  ),
  options: {},
  open: (_, deps) => ({
    async send({ event }) {
      const service = serviceOf(deps, 'talk')
      await postJson(deps, {
        service: 'Talk',
        url: service.text('url'),
        body: { authorName: service.text('author_name'), text: event.message, title: event.id },
        accepts: [200],
        reason: 'error'
      })
    }
  }),
  test: serviceTest({
    options: () => ({ title: 'testTitle', text: 'test talk text' }),
    delivery: ({ title, text }) => ({ event: { id: title, message: text } })
  })
})
