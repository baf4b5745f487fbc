import t, { type Test } from 'tap'
import type { HandlerKind } from '../../src/alert/handlers/handler.ts'
import { DeliveryError, type FailureKind } from '../../src/alert/handlers/delivery-error.ts'
import { historyEndpoints } from '../../src/api/endpoints/history.ts'
import { outboxEndpoints } from '../../src/api/endpoints/outbox.ts'
import { testApp } from '../support/app.ts'
import { type Rig, startService } from '../alert/rig.ts'
import { event, settle } from '../alert/support.ts'

/** What a handler of kind `note` answers from here on, and the messages and keys that it was sent. */
class Receiver {
  answer: FailureKind | undefined
  readonly messages: string[] = []
  readonly keys: string[] = []
  readonly kind: HandlerKind = {
    kind: 'note',
    secrecies: {},
    fromScript: (call) => call,
    open: () => ({
      send: async ({ event }, attempt) => {
        this.messages.push(event.message)
        this.keys.push(attempt!.key)
        if (this.answer !== undefined) throw new DeliveryError(this.answer, 'no')
      }
    })
  }
}

async function start(t: Test, before?: Rig, receiver = new Receiver()) {
  const rig = await startService(t, { kinds: [receiver.kind] }, before)
  const { alerts, clock } = rig
  const app = testApp()
  outboxEndpoints(app, { alerts })
  historyEndpoints(app, { alerts })
  return {
    ...rig,
    rig,
    receiver,
    handle: (id: string) => alerts.handlers.create({ topic: 't', id, kind: 'note', options: {}, match: '' }),
    async collect(...messages: string[]) {
      await alerts.collect(messages.map((message) => event({ id: message, message, level: 2 })))
      await settle()
    },
    async after(ms: number) {
      clock.advance(ms)
      await settle()
    },
    async ask(request: string) {
      const [method, path] = request.split(' ') as ['GET', string]
      const answer = await app.inject({ method, url: `/kapok/v1${path}` })
      const body = answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>)
      return { status: answer.statusCode, body }
    }
  }
}

interface Entry {
  readonly id: string
  readonly event: { readonly message: string }
}

t.test('what waits is listed by handler, with what is known of it', async (t) => {
  const { handle, collect, receiver, ask } = await start(t)
  await handle('h')
  receiver.answer = 'unavailable'
  await collect('a', 'b')
  t.match(await ask('GET /outbox'), {
    status: 200,
    body: {
      pending: 2,
      'dead-letters': 0,
      handlers: [
        {
          ...{ topic: 't', handler: 'h', kind: 'note', open: true, pending: 2, oldest: '1970-01-01T00:00:00.000001Z' },
          ...{ attempts: 1, 'next-attempt': '1970-01-01T00:00:01Z', 'last-error': 'no' },
          ...{ delivered: 0, failed: 1, dead: 0, dropped: 0 }
        }
      ]
    }
  })
  const { body } = await ask('GET /outbox/t/h?limit=1&offset=1')
  t.match(body, { entries: [{ event: { message: 'b', level: 'WARNING', data: { series: [{ name: 'cpu' }] } } }] })
  t.equal((await ask('GET /outbox/t/x')).status, 404)
})

t.test('what waits can be tried at once, and dropped', async (t) => {
  const { handle, collect, receiver, ask } = await start(t)
  await handle('h')
  receiver.answer = 'unavailable'
  await collect('a', 'b', 'c')
  const entries = (await ask('GET /outbox/t/h')).body['entries'] as readonly Entry[]
  t.equal((await ask(`DELETE /outbox/t/h/${entries[1]!.id}`)).status, 204)
  t.equal((await ask(`DELETE /outbox/t/h/${entries[1]!.id}`)).status, 404)
  t.equal((await ask(`POST /outbox/t/h/${entries[1]!.id}/redeliver`)).status, 404)
  t.equal((await ask(`POST /outbox/t/h/${entries[0]!.id}/redeliver`)).status, 204)
  await settle()
  receiver.answer = undefined
  t.equal((await ask('POST /outbox/t/h/redeliver')).status, 204)
  await settle()
  t.strictSame(receiver.messages, ['a', 'a', 'a', 'c'])
  receiver.answer = 'unavailable'
  await collect('d', 'e')
  t.strictSame((await ask('DELETE /outbox/t/h')).body, { dropped: 2 })
  t.match((await ask('GET /outbox')).body, { pending: 0, handlers: [{ delivered: 2, dropped: 3 }] })
})

t.test('dead letters are kept, and delivered again under the same key', async (t) => {
  const first = await start(t)
  await first.handle('h')
  await first.handle('i')
  first.receiver.answer = 'refused'
  await first.collect('a', 'b')
  await first.alerts.close()

  const { receiver, ask, alerts } = await start(t, first.rig)
  const { body } = await ask('GET /dead-letters?handler=h')
  const letters = body['letters'] as readonly Entry[]
  t.match(body, { total: 2, letters: [{ handler: 'h', reason: 'no', attempts: 1, event: { message: 'b' } }, {}] })
  t.equal((await ask(`POST /dead-letters/${letters[0]!.id}/redeliver`)).status, 204)
  t.equal((await ask(`POST /dead-letters/${letters[0]!.id}/redeliver`)).status, 404)
  t.strictSame((await ask('POST /dead-letters/redeliver?topic=t&handler=h')).body, { redelivered: 1 })
  await settle()
  t.strictSame(receiver.messages, ['b', 'a'])
  t.ok(receiver.keys.every((key) => first.receiver.keys.includes(key)))
  t.match((await ask('GET /history?id=a')).body, {
    events: [
      {
        deliveries: [
          { handler: 'h', status: 'delivered' },
          { handler: 'i', status: 'dead', error: 'no' }
        ]
      }
    ]
  })
  const other = ((await ask('GET /dead-letters?limit=1')).body['letters'] as readonly Entry[])[0]!
  t.equal((await ask(`DELETE /dead-letters/${other.id}`)).status, 204)
  t.equal((await ask(`DELETE /dead-letters/${other.id}`)).status, 404)
  t.equal((await ask('DELETE /dead-letters/x')).status, 404)
  await alerts.handlers.remove('t', 'i')
  t.strictSame((await ask('POST /dead-letters/redeliver')).body, { redelivered: 0 }, 'its handler is gone')
  t.strictSame((await ask('DELETE /dead-letters')).body, { dropped: 1 })
})

t.test('the history shows each transition, who was told and how it went', async (t) => {
  const { alerts, handle, collect, receiver, ask } = await start(t)
  await handle('h')
  await collect('a')
  receiver.answer = 'unavailable'
  await collect('b')
  await alerts.collect([event({ topics: ['u'], id: 'c', level: 3, timeNs: 1_600_000_000_000_000_000n })])
  const all = (await ask('GET /history')).body
  t.match(all, {
    events: [
      { topic: 'u', id: 'c', level: 'CRITICAL', previousLevel: 'OK', time: '2020-09-13T12:26:40Z', deliveries: [] },
      { topic: 't', id: 'b', deliveries: [{ handler: 'h', status: 'pending' }] },
      { message: 'a', data: { series: [{}] }, deliveries: [{ handler: 'h', status: 'delivered', attempts: 1 }] }
    ]
  })
  const cases: readonly [query: string, ids: string][] = [
    ['topic=t', 'b a'],
    ['id=b', 'b'],
    ['level=CRITICAL', 'c'],
    ['min-level=WARNING', 'c b a'],
    ['from=2020-01-01T00:00:00Z', 'c'],
    ['to=2020-01-01T00:00:00Z', 'b a'],
    ['limit=1&offset=1', 'b'],
    ['limit=-1', 'c b a']
  ]
  for (const [query, ids] of cases) {
    const events = (await ask(`GET /history?${query}`)).body['events'] as readonly { readonly id: string }[]
    t.equal(events.map(({ id }) => id).join(' '), ids, query)
  }
  t.match(await ask('GET /history?from=yesterday'), {
    status: 400,
    body: { error: 'invalid from parameter "yesterday" must be a time of RFC 3339' }
  })
})
