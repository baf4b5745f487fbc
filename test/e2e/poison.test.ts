import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { type Call, clientOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { type Program, startProgram } from '../support/program.ts'

/** A program with a peer that kills it, by `/poisoned`, at each delivery of the event `poison`. */
async function startPoisoned(t: Test, environment: Readonly<Record<string, string>> = {}) {
  const dataDir = join(testFolder(t), 'data')
  const arrived: string[] = []
  let program: Promise<Program> | undefined
  let kills = 0
  // Whoever delivers the poison does not live to see the answer.
  const peer = createServer((request, response) => {
    void text(request).then((body) => {
      const { id } = JSON.parse(body) as { id: string }
      arrived.push(`${request.url} ${id}`)
      if (request.url === '/poisoned' && id === 'poison')
        void program?.then((running) => running.kill()).then(() => kills++)
      else response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(peer, 'listening')
  t.teardown(() => peer.close())
  return {
    url: `http://127.0.0.1:${(peer.address() as AddressInfo).port}`,
    arrived,
    kills: () => kills,
    async start(base?: string): Promise<Call> {
      program = startProgram(t, dataDir, environment)
      return clientOf((await program).url, {}, base)
    },
    end: async () => await (await program!).end(),
    until: (what: string, isThere: () => boolean) => eventually(what, isThere, 60_000)
  }
}

const REASON = 'the server crashed 2 times while this was being delivered'
/** What got to both receivers. */
const ALL = ['poisoned', 'other'].flatMap((path) => ['before', 'poison', 'after'].map((id) => `/${path} ${id}`)).sort()

t.test('a delivery that brings the program down twice is set aside, and all others go on', async (t) => {
  const { url, arrived, kills, until, start, end } = await startPoisoned(t)
  const first = await start()
  for (const id of ['poisoned', 'other']) {
    const handler = { id, kind: 'post', options: { url: `${url}/${id}` } }
    t.equal((await first('POST /alerts/topics/t/handlers', handler)).status, 200)
  }
  const script = "stream|from()|groupBy('id')|alert().id('{{ index .Tags \"id\" }}').crit(lambda: TRUE).topic('t')"
  const dbrps = [{ db: 'd', rp: 'r' }]
  t.equal((await first('POST /tasks', { id: 'x', dbrps, script, status: 'enabled' })).status, 200)
  const lines = ['before', 'poison', 'after'].map((id, second) => `m,id=${id} v=1 ${second}000000000`)
  await first('POST /write?db=d&rp=r', lines.join('\n')).catch(() => undefined)
  await until('a kill', () => kills() === 1)

  await start()
  await until('a second kill', () => kills() === 2)
  const third = await start()
  await until(
    'what comes after the poison',
    () => arrived.includes('/poisoned after') && arrived.includes('/other after')
  )
  t.match((await third('GET /kapok/v1/dead-letters')).body, {
    letters: [{ topic: 't', handler: 'poisoned', event: { id: 'poison' }, reason: REASON }]
  })
  t.equal(kills(), 2)
  t.strictSame([...new Set(arrived)].sort(), ALL)
  t.strictSame(await end(), [0, null])
})

t.test('a delivery of a route that brings the program down twice is set aside, and all others go on', async (t) => {
  const { url, arrived, kills, until, start, end } = await startPoisoned(t, {
    ...{ KAPOK_NOTIFY_INITIAL_INTERVAL: '10ms', KAPOK_NOTIFY_MAX_INTERVAL: '10ms', KAPOK_NOTIFY_FALLBACK_ROUTE: 'r' }
  })
  const first = await start('')
  const route = ['poisoned', 'other'].map((label) => ({ type: 'post', label, url: `${url}/${label}` }))
  t.equal((await first('PUT /routes/r', route)).status, 200)
  const alertOf = (Title: string) => ({ From: 'f', Host: 'h', Title })
  for (const id of ['before', 'poison']) await first('POST /alerts', alertOf(id)).catch(() => undefined)
  await until('a kill', () => kills() === 1)

  await start('')
  await until('a second kill', () => kills() === 2)
  const third = await start('')
  await third('POST /alerts', alertOf('after'))
  await until(
    'what comes after the poison',
    () => arrived.includes('/poisoned after') && arrived.includes('/other after')
  )
  const letters = await eventually('a dead letter', async () => {
    const { text: json } = await third('GET /dead-letters')
    return json !== '[]' && (JSON.parse(json) as unknown)
  })
  const metrics = (await third('GET /metrics')).text
  for (const name of ['suspects', 'marks_dropped', 'marks_failed']) {
    t.match(metrics, new RegExp(`^kapok_delivery_${name} 0$`, 'm'), 'what is set aside is no suspect any more')
  }
  t.match(letters, [{ route: 'r', transport: 'post poisoned', reason: REASON }])
  t.equal(kills(), 2)
  t.strictSame([...new Set(arrived)].sort(), ALL)
  t.strictSame(await end(), [0, null])
})
