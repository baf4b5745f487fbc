import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { type Program, startProgram } from '../support/program.ts'

t.test('a delivery that brings the program down twice is set aside, and all others go on', async (t) => {
  const dataDir = join(testFolder(t), 'data')
  let program: Promise<Program> | undefined
  let kills = 0
  const arrived: string[] = []
  // Whoever delivers the poison does not live to see the answer.
  const peer = createServer((request, response) => {
    void text(request).then((body) => {
      const { id } = JSON.parse(body) as { id: string }
      arrived.push(`${request.url} ${id}`)
      if (request.url === '/handler' && id === 'poison')
        void program?.then((running) => running.kill()).then(() => kills++)
      else response.end()
      peer.emit('arrived')
    })
  }).listen(0, '127.0.0.1')
  await once(peer, 'listening')
  t.teardown(() => peer.close())
  const url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await Promise.race([once(peer, 'arrived'), new Promise((resolve) => setTimeout(resolve, 20))])
  }
  const start = async () => clientOf((await (program = startProgram(t, dataDir))).url)

  const first = await start()
  for (const id of ['handler', 'other']) {
    const handler = { id, kind: 'post', options: { url: `${url}/${id}` } }
    t.equal((await first('POST /alerts/topics/t/handlers', handler)).status, 200)
  }
  const script = "stream|from()|groupBy('id')|alert().id('{{ index .Tags \"id\" }}').crit(lambda: TRUE).topic('t')"
  const dbrps = [{ db: 'd', rp: 'r' }]
  t.equal((await first('POST /tasks', { id: 'x', dbrps, script, status: 'enabled' })).status, 200)
  const lines = ['before', 'poison', 'after'].map((id, second) => `m,id=${id} v=1 ${second}000000000`)
  await first('POST /write?db=d&rp=r', lines.join('\n')).catch(() => undefined)
  await until(() => kills === 1)

  await start()
  await until(() => kills === 2)
  const third = await start()
  await until(() => arrived.includes('/handler after') && arrived.includes('/other after'))
  t.match((await third('GET /kapok/v1/dead-letters')).body, {
    letters: [
      {
        topic: 't',
        handler: 'handler',
        event: { id: 'poison' },
        reason: 'the server crashed 2 times while this was being delivered'
      }
    ]
  })
  t.equal(kills, 2)
  t.strictSame([...new Set(arrived)].sort(), [
    ...['/handler after', '/handler before', '/handler poison'],
    ...['/other after', '/other before', '/other poison']
  ])
  t.strictSame(await (await program!).end(), [0, null])
})
