import type { HandlerSpec } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { serviceOf } from './services.ts'
import { serviceTest } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'talk',
  kind: 'talk',
  hostType: 'TalkHandler',
  summary: 'Posts the message to a JianLiao (Talk) room.',
  args: {},
  properties: {}
}

export default defineHandler({
  kind: 'talk',
  goType: '*talk.HandlerConfig',
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
  })
})

export const test = serviceTest({
  name: 'talk',
  options: () => ({ title: 'testTitle', text: 'test talk text' }),
  delivery: ({ title, text }) => ({ event: { id: title, message: text } })
})
