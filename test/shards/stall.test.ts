import { once } from 'node:events'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { redactorOf } from '../../src/core/redact.ts'
import type { ReplaySpec } from '../../src/graph/replay-spec.ts'
import type { ShardPoolOptions } from '../../src/shards/pool.ts'
import { END_OF_TIME, RecorderRig } from '../recordings/rig.ts'
import { streamTask } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { secret } from '../support/secret.ts'
import { type World, withPool } from './rig.ts'

t.setTimeout(120_000)

const ENTRY = new URL('hanging-shard.ts', import.meta.url).href
const GOOD = streamTask('good', "stream|from()|httpOut('out')")
const STALLED = { code: 'SHARD_STALLED', status: 503 }

function hanging(at: string, db = 'bad') {
  return streamTask('bad', `stream|from()|hang('${at}')`, db)
}

function withHanging(work: (world: World) => Promise<void>, options: Partial<ShardPoolOptions> = {}): Promise<void> {
  return withPool({ entry: ENTRY, stallLimitMs: 2000, ...options }, work)
}

/** The other task of the shard runs again, and takes points. */
async function goesOn(t: Test, { pool, write }: World): Promise<void> {
  t.equal(await write('m v=1 1'), undefined)
  t.equal((await pool.tasks.stats('good'))?.nodes['from1']?.['collected'], 1)
}

t.test('a task that hangs over a point is set aside, its writer is told, and the others of its shard go on', (t) =>
  withHanging(async (world) => {
    const { pool, write, failed, logged } = world
    await pool.tasks.start(GOOD)
    await pool.tasks.start(hanging('point'))
    const ended = logged('shard was ended since it hung')
    await t.rejects(write('m v=1 1', 'bad'), STALLED)
    t.match(await ended, { shard: 'shard-0', 'worked-for': 'task bad' })
    t.match(failed.get('bad'), /^set aside: it kept its shard busy for 2 s without an end \(see shards.stall-limit\)/)
    t.equal(await pool.tasks.stats('bad'), undefined)
    await goesOn(t, world)
    t.equal(await write('m v=1 1', 'bad'), undefined, 'nobody reads it any more')
    t.strictSame([...failed.keys()], ['bad'])
    t.strictSame([pool.deaths, pool.stalls], [1, 1])
  })
)

t.test('a task that hangs when it starts is told so, and the others of its shard go on', (t) =>
  withHanging(async (world) => {
    const { pool, failed } = world
    await pool.tasks.start(GOOD)
    await t.rejects(pool.tasks.start(hanging('start')), { code: 'KEPT_SHARD_BUSY' })
    t.equal(failed.size, 0, 'it never ran')
    await goesOn(t, world)
  })
)

t.test('a task that hangs in a timer is set aside', (t) =>
  withHanging(async (world) => {
    const { pool, write, failed, logged } = world
    await pool.tasks.start(GOOD)
    await pool.tasks.start(hanging('timer'))
    const back = logged('shard is back')
    t.equal(await write('m v=1 1', 'bad'), undefined)
    await back
    t.match(failed.get('bad'), /^set aside: it kept its shard busy/)
    await goesOn(t, world)
  })
)

t.test('a thread that dies says why without the secrets of the server', (t) =>
  withHanging(
    async ({ pool, write, logged }) => {
      await pool.tasks.start(hanging('crash'))
      const died = logged('shard died')
      t.equal(await write(`m secret="${secret('of a field')}" 1`, 'bad'), undefined)
      t.match(await died, { err: 'cannot use ********' })
    },
    { redact: redactorOf([secret('of a field')]) }
  )
)

t.test('a task that hangs when it is stopped does not come back', (t) =>
  withHanging(async (world) => {
    const { pool } = world
    await pool.tasks.start(GOOD)
    await pool.tasks.start(hanging('stop'))
    await t.rejects(pool.tasks.stop('bad'), STALLED)
    await goesOn(t, world)
    t.equal(pool.stalls, 1)
  })
)

t.test('a body that hangs a shard of its own accord is refused, and no task is set aside for it', (t) =>
  withHanging(async (world) => {
    const { pool, write, failed } = world
    await pool.tasks.start(GOOD)
    await t.rejects(write('m v=1 1', 'hang'), STALLED)
    await goesOn(t, world)
    t.equal(failed.size, 0)
  })
)

t.test('a replay that hangs fails, and the tasks of its shard go on', (t) =>
  withHanging(async (world) => {
    const { pool, failed } = world
    const path = join(testFolder(t), 'archive.duckdb')
    const rig = new RecorderRig()
    await rig.write('m v=1 1').archive(path)
    await pool.tasks.start(GOOD)
    const spec: ReplaySpec = {
      ...{ id: 'replay', path, clock: 'fast', recordingTime: true, dropsEmptyBatches: true },
      tasks: [{ id: 'replayed', task: hanging('point', 'db'), isMuted: true, emitsAll: false }],
      progress: new BigInt64Array(new SharedArrayBuffer(16))
    }
    await t.rejects(pool.jobs.replay(spec), { code: 'KEPT_SHARD_BUSY' })
    await goesOn(t, world)
    t.equal(failed.size, 0)
  })
)

t.test('a recording that hangs its shard ends, and the tasks of the shard go on', (t) =>
  withHanging(async (world) => {
    const { pool, write, failed } = world
    await pool.tasks.start(GOOD)
    const { port1, port2 } = new MessageChannel()
    const isGone = once(port2, 'close')
    const options = { measurements: [''], stop: END_OF_TIME }
    await pool.jobs.record({ id: 'r', dbrps: [{ db: 'taped', rp: 'rp' }], options, port: port1 })
    t.equal(await write('m v=1 1', 'taped'), undefined, 'nobody waits for a recorder')
    await isGone
    pool.jobs.forgetRecording('r')
    await goesOn(t, world)
    t.equal(failed.size, 0)
  })
)

t.test('while a shard hangs, what is asked of it is answered from what it told last, or not at all', (t) =>
  withHanging(
    async ({ pool, write }) => {
      await pool.tasks.start(GOOD)
      await pool.tasks.start(hanging('point'))
      await write('m v=1 1')
      const stats = await pool.tasks.stats('good')
      const gauges = await pool.readings.gauges()
      const ingress = await pool.readings.ingress()
      const lost = t.rejects(write('m v=1 1', 'bad'), STALLED)
      t.strictSame(await pool.tasks.stats('good'), stats)
      t.match(
        await pool.readings.gauges(),
        gauges.map(({ name, tasks, series }) => ({ name, tasks, series }))
      )
      t.strictSame(await pool.readings.ingress(), ingress)
      await t.rejects(pool.tasks.httpOut('good', 'out'), { code: 'SHARD_SILENT', status: 503 })
      await t.rejects(pool.tasks.stop('bad'), STALLED)
      await lost
    },
    { stallLimitMs: 4000 }
  )
)

t.test('a pool whose shard hangs closes all the same', async (t) => {
  let closing = 0
  await withHanging(
    async ({ pool, write }) => {
      await pool.tasks.start(hanging('point'))
      const lost = t.rejects(write('m v=1 1', 'bad'))
      await eventually('a shard that is silent', () =>
        pool.tasks.httpOut('bad', 'out').then(
          () => false,
          ({ code }: { code: string }) => code === 'SHARD_SILENT'
        )
      )
      closing = performance.now()
      await pool.close()
      await lost
    },
    { stallLimitMs: 60_000 }
  )
  t.ok(performance.now() - closing < 5000)
})

t.test('a task that runs whenever its shard runs out of memory is set aside', (t) =>
  withHanging(
    async (world) => {
      const { pool, write, failed, logged } = world
      await pool.tasks.start(GOOD)
      await pool.tasks.start(hanging('memory'))
      for (let death = 1; death <= 3; death++) {
        t.equal(failed.size, 0, `after ${death - 1} deaths`)
        const back = logged('shard is back')
        await t.rejects(write('m v=1 1', 'bad'), { code: 'SHARD_DIED' })
        await back
      }
      t.match(failed.get('bad'), /^set aside: it was running 3 times when its shard died \(.*memory/)
      await goesOn(t, world)
      t.strictSame([pool.deaths, pool.stalls], [3, 0])
    },
    { stallLimitMs: 60_000, maxHeapMib: 64 }
  )
)
