import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Receiver } from '../alert/rig.ts'
import { eventually } from '../support/eventually.ts'
import { clientOf } from '../support/client.ts'
import { type Program, startProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'
import { secret } from '../support/secret.ts'

t.setTimeout(120_000)

/** Every field with its type. */
const FIELDS =
  '{{ range $name, $value := .Fields }}{{ $name }}={{ $value }}:{{ printf "%T" $value }} {{ end }}{{ .TaskName }}'

/** Of the field `f`, a filter makes 2.5. */
const EXPECTED = {
  ...{ severity: 'critical', resource: 'cpu', event: 'cpu', group: 'host=a', tags: ['host=a'] },
  value: 'b=true:bool d=1m30s:time.Duration f=2.5:float64 i=9007199254740993:int64 n=1000000:int64 s=x:string task'
}

const SCRIPT = `stream|from().groupBy('host')|eval(lambda: duration("n", 90u)).as('d').keep()|alert()
  .id('cpu').category('db').noRecoveries().crit(lambda: "b").topic('raw')`

const CODE = "if (alert.Info.category === 'db' && alert.Info.fields.i === 9007199254740992) alert.Info.fields.f = 2.5"

async function start(t: Test, dataDir: string, receiver: Receiver, interval: string) {
  const program = await startProgram(t, dataDir, {
    KAPOK_NOTIFY_INITIAL_INTERVAL: interval,
    KAPOK_NOTIFY_MAX_INTERVAL: interval,
    KAPOK_NOTIFY_FROM_TOPICS_0: 'raw',
    KAPOK_NOTIFY_FROM_TOPICS_1: 'out',
    KAPOK_ALERTA_ENABLED: 'true',
    KAPOK_ALERTA_URL: receiver.url,
    KAPOK_ALERTA_TOKEN: secret('alerta'),
    KAPOK_ALERTA_ENVIRONMENT: 'test'
  })
  return program
}

/** A task whose alert goes by its topic, the pool, a filter and a route to a receiver, and by another topic to it. */
async function writeAlert(program: Program): Promise<void> {
  const ask = clientOf(program.url, {}, '')
  const answers = [
    await ask('PUT /routes/r', [
      { type: 'alerta', value: FIELDS },
      { type: 'publish', topics: ['out'] }
    ]),
    await ask('PUT /filters/a', { type: 'edit', code: CODE }),
    await ask('PUT /filters/b', { type: 'route', routes: ['r'] }),
    await ask('POST /kapacitor/v1/alerts/topics/out/handlers', {
      ...{ id: 'h', kind: 'alerta', options: { value: FIELDS } }
    }),
    await ask('POST /kapacitor/v1/tasks', {
      ...{ id: 'task', dbrps: [{ db: 'd', rp: 'r' }], status: 'enabled', script: SCRIPT }
    })
  ]
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200]
  )
  const line = 'cpu,host=a i=9007199254740993i,n=1000000i,f=1.5,s="x",b=true 1'
  t.equal((await ask('POST /write?db=d&rp=r', line)).status, 204)
  await eventually('the alert is in the pool', async () => (await ask('GET /alerts')).text.includes('"Title"'))
}

interface Received {
  readonly rawData: { readonly series?: unknown; readonly Info?: Readonly<Record<string, unknown>> }
}

t.test('an event goes whole through pool, filter and route to a receiver and a topic, also after a kill', async (t) => {
  const receiver = await Receiver.start(t)
  receiver.answer = { status: 201 }
  const dataDir = join(testFolder(t), 'data')
  const first = await start(t, dataDir, receiver, '10m')
  await writeAlert(first)
  await first.kill()
  t.same(receiver.posts, [], 'all of it is still to come')
  const second = await start(t, dataDir, receiver, '1s')
  // A kill can let one come twice.
  const bodies = (): Received[] => receiver.posts.map(({ body }) => JSON.parse(body) as Received)
  const found = (isMeant: (one: Received) => boolean) =>
    eventually('what the receiver is to get', () => bodies().find(isMeant))
  const ofRoute = await found(({ rawData }) => rawData.Info?.['topic'] === 'raw')
  const ofTopic = await found(({ rawData }) => rawData.series !== undefined)
  t.match(ofRoute, EXPECTED)
  t.match(ofTopic, EXPECTED)
  t.match(ofRoute.rawData.Info, { category: 'db', group: 'host=a', recoverable: false, level: 'CRITICAL' })
  await second.end()
})
