import { join } from 'node:path'
import t from 'tap'
import { AlertEndpoint, type Treatment } from '../support/alert-endpoint.ts'
import { type Program, startProgram } from '../support/program.ts'
import { Random } from '../support/random.ts'
import { testFolder } from '../support/folder.ts'

t.setTimeout(300_000)

const IDS = 1000
const ROUNDS = 4
const IDS_A_WRITE = 100
const KILLS = 20
const QUICK = { KAPOK_ALERT_RETRY_MIN: '1ms', KAPOK_ALERT_RETRY_MAX: '20ms', KAPOK_ALERT_OUTBOX_ATTEMPTS: '1000000' }

t.test('no transition that was answered 204 is lost by kills and a failing endpoint', async (t) => {
  const random = new Random(11)
  const failures = [500, 429, 'hang up', 'hang up after taking'] as const
  const treat = (): Treatment => (random.next() < 0.5 ? 'take' : random.pick(failures))
  const endpoint = new AlertEndpoint(t, treat)
  await endpoint.up()
  const dataDir = join(testFolder(t), 'data')
  const start = (): Promise<Program> => startProgram(t, dataDir, QUICK)
  let running = start()
  await define((await running).url, endpoint.url)

  // A kill comes at some post, some posts after the start: whatever is under way then, a write, a commit, a delivery.
  let kills = 0
  let postsLeft = random.int(200)
  const restart = async (program: Program): Promise<Program> => {
    await program.kill()
    return await start()
  }
  let isUp = true
  endpoint.onPost = () => {
    if (!isUp || kills === KILLS || postsLeft-- > 0) return
    kills++
    isUp = false
    running = running.then(restart)
    void running.then(() => {
      isUp = true
      postsLeft = random.int(200)
    })
  }

  let answered = 0
  let failed = 0
  for (let round = 1; round <= ROUNDS; round++) {
    for (let first = 0; first < IDS; first += IDS_A_WRITE) {
      const lines = Array.from({ length: IDS_A_WRITE }, (_, i) => `m,h=h${first + i} v=${round % 2} ${round}000000000`)
      while (!(await write(await running, lines.join('\n')))) failed++
      answered += IDS_A_WRITE
    }
  }
  await endpoint.arrived(answered)
  while (kills < KILLS) {
    // What is left of the kills, while ids change once more.
    const more = Math.floor(answered / IDS) + 1
    const lines = Array.from({ length: IDS }, (_, i) => `m,h=h${i} v=${more % 2} ${more}000000000`).join('\n')
    while (!(await write(await running, lines))) failed++
    answered += IDS
    await endpoint.arrived(answered)
  }
  const { posts, taken, duplicates } = endpoint
  t.comment(
    `${answered} transitions answered 204, ${taken} taken, ${duplicates} of them again, ${posts} posts, ` +
      `${kills} kills, ${failed} writes tried again`
  )
  t.equal(taken, answered)
  t.strictSame(endpoint.problems, [])
  const lost = Array.from({ length: IDS }, (_, i) => `h${i}`).filter((id) => !endpoint.has(id, '1970-01-01T00:00:01Z'))
  t.strictSame(lost, [])
  endpoint.onPost = () => {}
  await (await running).kill()
})

async function define(url: string, endpoint: string): Promise<void> {
  const script = `stream|from().measurement('m').groupBy('h')
    |alert().id('{{ index .Tags "h" }}').crit(lambda: "v" > 0).stateChangesOnly().post('${endpoint}')`
  const task = { id: 'a', dbrps: [{ db: 'd', rp: 'r' }], status: 'enabled', script }
  const answer = await fetch(`${url}/kapacitor/v1/tasks`, { method: 'POST', body: JSON.stringify(task) })
  if (!answer.ok) throw new Error(await answer.text())
}

/** @returns Whether it was answered 204. */
async function write({ url }: Program, lines: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/write?db=d&rp=r`, { method: 'POST', body: lines })).status === 204
  } catch {
    return false
  }
}
