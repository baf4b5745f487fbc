import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Receiver } from '../alert/rig.ts'
import { type Call, clientOf } from '../support/client.ts'
import { type Program, startProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'
import { secret } from '../support/secret.ts'

/** From a condition in a script, or a client's POST, to one message on a route, over the whole program. */
async function start(t: Test, dataDir: string): Promise<Program & { readonly ask: Call }> {
  const program = await startProgram(t, dataDir, {
    KAPOK_NOTIFY_INITIAL_INTERVAL: '1s',
    KAPOK_NOTIFY_MAX_INTERVAL: '1s',
    KAPOK_NOTIFY_AUTH_TOKEN: secret('token'),
    KAPOK_NOTIFY_FROM_TOPICS_0: 'cpu*'
  })
  return { ...program, ask: clientOf(program.url, { Authorization: `Bearer ${secret('token')}` }, '') }
}

t.setTimeout(300_000)

interface Merged {
  readonly Title: string
  readonly Host: string
  readonly Info?: Readonly<Record<string, unknown>>
  readonly Sub?: readonly Merged[]
}

/** The alerts that messages are about: of groups, their members. */
function alertsIn(posts: Receiver['posts']): Merged[] {
  return posts.map(({ body }) => (JSON.parse(body) as { data: Merged }).data).flatMap((alert) => alert.Sub ?? [alert])
}

/** Waits for messages until there are those that `isDone` asks for; they stay where they are. */
async function until(receiver: Receiver, isDone: () => boolean): Promise<void> {
  while (!isDone()) receiver.posts.push(...(await receiver.take(receiver.posts.length + 1)))
}

const ROUTE = (url: string) => [{ type: 'post', url }]
const GROUP = { type: 'group', routes: ['r1'], title: 'all of them' }

t.test('a condition in a script that holds for many hosts ends as one message', async (t) => {
  const receiver = await Receiver.start(t)
  const { ask, end } = await start(t, join(testFolder(t), 'data'))
  const script = `stream|from().groupBy('host')|alert().id('{{ index .Tags "host" }}').message('{{ .ID }} is {{ .Level }}').crit(lambda: "v" > 1).topic('cpu')`
  t.equal(
    (await ask('POST /kapacitor/v1/tasks', { id: 'task', dbrps: [{ db: 'd', rp: 'r' }], status: 'enabled', script }))
      .status,
    200
  )
  t.match(await ask('PUT /routes/r1', ROUTE(receiver.url)), { status: 200, text: /^$/ })
  t.match(await ask('PUT /filters/group', GROUP), { status: 200, text: /^$/ })
  t.equal((await ask('POST /write?db=d&rp=r', 'cpu,host=a v=2 1\ncpu,host=b v=2 1\ncpu,host=c v=2 1')).status, 204)
  await until(receiver, () => alertsIn(receiver.posts).length === 3)
  t.ok(receiver.posts.length <= 2, 'one message, or two where a batch went out in between')
  t.match(
    alertsIn(receiver.posts).sort((a, b) => (a.Host < b.Host ? -1 : 1)),
    ['a', 'b', 'c'].map((host) => ({
      From: 'task',
      Host: host,
      Title: `${host} is CRITICAL`,
      Info: { id: host, topic: 'cpu', level: 'CRITICAL', tags: { host }, fields: { v: 2 } }
    }))
  )
  t.strictSame(await end(), [0, null])
})

t.test('no alert that was answered is missing after a kill, and there are few messages', async (t) => {
  const receiver = await Receiver.start(t)
  const dataDir = join(testFolder(t), 'data')
  const began = performance.now()
  const first = await start(t, dataDir)
  await first.ask('PUT /routes/r1', ROUTE(receiver.url))
  await first.ask('PUT /filters/group', GROUP)
  const answered = new Set<string>()
  let isDead = false
  let next = 0
  const client = async ({ ask }: { readonly ask: Call }): Promise<void> => {
    while (!isDead && next < 1500) {
      const Title = String(next++)
      const answer = await ask('POST /alerts', { From: 'client', Title }).catch(() => undefined)
      if (answer?.status === 200) answered.add(Title)
    }
  }
  const clients = Array.from({ length: 8 }, () => client(first))
  // In the middle of it all: one message is out, others are on their way.
  await until(receiver, () => receiver.posts.length > 0)
  await first.kill()
  isDead = true
  await Promise.all(clients)
  t.ok(answered.size > 0)

  const second = await start(t, dataDir)
  isDead = false
  await Promise.all(Array.from({ length: 8 }, () => client(second)))
  await until(receiver, () => {
    const seen = new Set(alertsIn(receiver.posts).map(({ Title }) => Title))
    return [...answered].every((title) => seen.has(title))
  })
  const seconds = (performance.now() - began) / 1000
  t.ok(receiver.posts.length <= 2 * seconds + 10, `${receiver.posts.length} messages in ${seconds} s`)
  t.strictSame(await second.end(), [0, null])
})
