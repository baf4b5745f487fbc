import { join } from 'node:path'
import t from 'tap'
import { Receiver } from '../alert/rig.ts'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'

t.setTimeout(120_000)

/** Tells of changes alone, so that a level that is there stays untold. */
const task = (id: string, handlers: string) => ({
  id,
  type: 'stream',
  status: 'enabled',
  dbrps: [{ db: id, rp: 'r' }],
  script: `stream|from().groupBy('host')|alert().id('{{ .Group }}').warn(lambda: "v" > 1).crit(lambda: "v" > 2)
    .stateChangesOnly().topic('t')${handlers}`
})

t.test(
  'after a restart the anonymous topic of an alert corrects the named one, gets what only that one holds, and tells no handler',
  async (t) => {
    const receiver = await Receiver.start(t)
    const environment = { KAPOK_DATA_DIR: join(testFolder(t), 'data') }
    const first = await testServer(t, environment)
    let call = clientOf(first.url)
    const eventsOf = async (topic: string) => {
      const { body } = await call(`GET /alerts/topics/${topic}/events`)
      return (body['events'] as { id: string; state: object }[]).map(({ id, state }) => ({ id, state }))
    }
    t.equal((await call('POST /tasks', task('both', `.post('${receiver.url}')`))).status, 200)
    t.equal((await call('POST /tasks', task('named', ''))).status, 200)
    t.equal((await call('POST /write?db=both&rp=r', 'm,host=a v=2 1000000000')).status, 204)
    // The topic that both share is told CRITICAL of the id that the other one has at WARNING, and of one that it lacks.
    const critical = 'm,host=a v=3 2000000000\nm,host=b v=3 2000000000'
    t.equal((await call('POST /write?db=named&rp=r', critical)).status, 204)
    t.match(await eventsOf('t'), [
      { id: 'host=a', state: { level: 'CRITICAL' } },
      { id: 'host=b', state: { level: 'CRITICAL' } }
    ])
    await receiver.take(1)
    await first.close()

    const second = await testServer(t, environment)
    call = clientOf(second.url)
    t.equal((await call('POST /write?db=both&rp=r', 'm,host=a v=2 3000000000\nm,host=b v=3 3000000000')).status, 204)
    const corrected = [
      { id: 'host=b', state: { level: 'CRITICAL', time: '1970-01-01T00:00:02Z' } },
      { id: 'host=a', state: { level: 'WARNING', time: '1970-01-01T00:00:01Z', message: 'host=a is WARNING' } }
    ]
    const sorted = async (topic: string) => (await eventsOf(topic)).sort((a, b) => (a.id > b.id ? -1 : 1))
    t.match(await sorted('t'), corrected)
    t.match(await sorted('main:both:alert2'), corrected)
    const { body } = await call('GET /kapok/v1/history')
    t.equal((body['events'] as unknown[]).length, 4, 'no event brought these states')
    await second.close()
    t.strictSame(receiver.posts, [], 'no handler was told')

    const third = await testServer(t, environment)
    call = clientOf(third.url)
    t.match(await sorted('t'), corrected, 'they are stored')
    t.match(await sorted('main:both:alert2'), corrected)
    t.strictSame([...first.lines, ...second.lines], [])
  }
)
