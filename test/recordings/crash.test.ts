import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ArchiveReader } from '../../src/archive/reader.ts'
import { clientOf } from '../support/client.ts'
import { startProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'
import { eventually } from '../support/eventually.ts'

// The program as a process of its own, which is killed, or whose disk is full.

const TASK = { id: 't', dbrps: [{ db: 'd', rp: 'r' }], script: "stream|from().measurement('m')|httpOut('out')" }
const START_MS = 1_577_836_800_000

type Body = Record<string, unknown>

async function program(t: Test, dataDir: string) {
  const { url, kill } = await startProgram(t, dataDir)
  const call = clientOf(url)
  /** Asks until the answer is right. */
  const until = (path: string, isRight: (body: Body) => boolean): Promise<Body> =>
    eventually(`the right answer of ${path}`, async () => {
      const { body } = await call(`GET ${path}`)
      return isRight(body) && body
    })
  const ended = (path: string): Promise<Body> => until(path, ({ status }) => status !== 'running')
  const count = async (id: string): Promise<unknown> => {
    const { body } = await call(`POST /kapok/v1/recordings/${id}/sql`, { query: 'SELECT count(*) FROM m' })
    return body['rows']
  }
  return { kill, call, until, ended, count }
}

function lines(count: number, aSecond: number): string {
  return Array.from(
    { length: count },
    (_, i) => `m,h=${i % 10} v=${i * 1.001} ${START_MS / 1000 + Math.floor(i / aSecond)}000000000`
  ).join('\n')
}

/** Points that a kill could not take any more: those that a copy of the file has. */
async function committed(t: Test, dataDir: string, id: string): Promise<number> {
  const file = join(dataDir, 'recordings', `${id}.duckdb`)
  const copy = join(mkdtempSync(join(t.testdirName, 'copy-')), 'copy.duckdb')
  try {
    for (const suffix of ['', '.wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix)
    const reader = await ArchiveReader.open(copy)
    reader.close()
    return reader.points
  } catch {
    return 0 // It was written to just then.
  }
}

t.test(
  'a kill leaves recordings with what they have, failed where they were not whole, and replays failed',
  async (t) => {
    const dataDir = join(testFolder(t), 'data')
    const first = await program(t, dataDir)
    await first.call('POST /tasks', TASK)
    await first.call('POST /recordings/stream', { id: 'cut', task: 't', stop: '2020-01-01T01:00:00Z' })
    await first.call('POST /recordings/stream', { id: 'whole', task: 't', stop: '2020-01-01T00:00:05Z' })
    await first.call('POST /write?db=d&rp=r', lines(1000, 100))
    t.match(await first.ended('/recordings/whole'), { status: 'finished' })
    // It would take five seconds.
    await first.call('POST /replays', { id: 'rep', task: 't', recording: 'whole', clock: 'real' })
    await first.until('/kapok/v1/replays/rep', ({ points }) => Number(points) > 0)
    await eventually('all points on disk', async () => (await committed(t, dataDir, 'cut')) >= 1000)
    await first.call('DELETE /replays/rep')
    await first.call('POST /replays', { id: 'rep', task: 't', recording: 'whole', clock: 'real' })
    await first.kill()

    const { kill, call, ended, count } = await program(t, dataDir)
    const lost = { status: 'failed', error: 'unexpected Kapacitor shutdown', progress: 1 }
    const { size, ...cut } = (await call('GET /recordings/cut')).body
    t.match(cut, lost)
    t.ok(Number(size) > 0)
    t.strictSame(await count('cut'), [['1000']])
    t.match((await call('GET /replays/rep')).body, lost)
    for (const [recording, collected] of [
      ['cut', 1000],
      ['whole', 600]
    ] as const) {
      await call('POST /replays', { id: recording, task: 't', recording })
      t.match(await ended(`/replays/${recording}`), {
        status: 'finished',
        stats: { 'node-stats': { from1: { collected } } }
      })
    }
    t.match(await call('DELETE /recordings/cut'), { status: 204 })
    t.notOk(existsSync(join(dataDir, 'recordings/cut.duckdb')))
    await kill()
  }
)

function mount(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]).status === 0
}

/** Why no small disk can be made; false where it can. */
const withoutMount = ((): string | false => {
  const folder = mkdtempSync(join(tmpdir(), 'kapok-mount-'))
  const isMounted = mount(folder)
  spawnSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true })
  return isMounted ? false : 'no right to mount a small file system'
})()

/** Points that do not compress. */
function noise(body: number): string {
  return Array.from({ length: 5000 }, (_, i) => {
    const time = `${START_MS + body}${String(i).padStart(6, '0')}`
    return `m,h=${i % 10} s="${randomBytes(60).toString('base64')}" ${time}`
  }).join('\n')
}

t.test(
  'a full disk ends a recording in words; writes go on, earlier ones can be read, later ones work when there is room',
  { skip: withoutMount },
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kapok-full-'))
    mount(dataDir)
    t.teardown(() => {
      spawnSync('umount', ['-l', dataDir])
      rmSync(dataDir, { recursive: true })
    })
    const { kill, call, ended, count } = await program(t, dataDir)
    await call('POST /tasks', { ...TASK, status: 'enabled' })
    await call('POST /recordings/stream', { id: 'early', task: 't', stop: '2020-01-01T00:00:01Z' })
    await call('POST /write?db=d&rp=r', lines(300, 100))
    t.match(await ended('/recordings/early'), { status: 'finished' })

    await call('POST /recordings/stream', { id: 'big', task: 't', stop: '2020-01-01T01:00:00Z' })
    let refused = 0
    for (let body = 0; (await call('GET /recordings/big')).body['status'] === 'running'; body++) {
      if ((await call('POST /write?db=d&rp=r', noise(body))).status !== 204) refused++
    }
    t.equal(refused, 0)
    t.match((await call('GET /recordings/big')).body, { status: 'failed', error: /no space left/i })
    t.match(await call('POST /write?db=d&rp=r', 'm v=1'), { status: 204 })
    t.strictSame(await count('early'), [['200']])
    t.match(await call('DELETE /recordings/big'), { status: 204 })
    t.match(await call('GET /recordings/big'), { status: 500 })
    await call('POST /recordings/stream', { id: 'next', task: 't', stop: '2020-01-01T00:00:01Z' })
    await call('POST /write?db=d&rp=r', lines(300, 100))
    t.match(await ended('/recordings/next'), { status: 'finished', error: '' })
    t.strictSame(await count('next'), [['200']])
    await kill()
  }
)
