import t from 'tap'
import type { ShardPool, ShardPoolOptions } from '../../src/shards/pool.ts'
import { bodyOf, engineSettings, streamTask } from '../support/engine.ts'
import { withPool } from './rig.ts'

const COUNT = "stream|from().measurement('m')|window().periodCount(1).everyCount(1)|sum('v').as('v')|httpOut('out')"
const LAST = "stream|from().measurement('m')|httpOut('out')"

t.test('a write is answered once its points have gone through the tasks', (t) =>
  withPool({}, async ({ pool, write }) => {
    await pool.tasks.start(streamTask('a', LAST))
    t.equal(await write('m v=1 1\nm v=2 2'), undefined)
    t.match(await pool.tasks.httpOut('a', 'out'), /"values":\[\["1970-01-01T00:00:00.000000002Z",2\]\]/)
    const stats = await pool.tasks.stats('a')
    t.equal(stats?.nodes['from1']?.['collected'], 2)
    t.same(
      stats?.edges.map(({ parent, child, count }) => `${parent}>${child} ${count}`),
      ['stream0>from1 2', 'from1>http_out2 2']
    )
    await pool.tasks.stop('a')
    t.equal(await pool.tasks.stats('a'), undefined)
    t.equal(await pool.tasks.httpOut('a', 'out'), undefined)
  })
)

t.test('a body that no task reads is checked all the same', (t) =>
  withPool({}, async ({ write }) => {
    t.equal(await write('m v=1 1', 'nobody'), undefined)
    t.equal(await write('m v=', 'nobody'), "unable to parse 'm v=': missing field value")
  })
)

t.test('a task that does not start says why and is gone', (t) =>
  withPool({}, async ({ pool }) => {
    await t.rejects(pool.tasks.start(streamTask('a', "stream|from()|where(lambda: 'a' > 5)")), {
      status: 500,
      message:
        'Failed to compile expression in where clause: mismatched type to binary operator. got string > int. see bool(), int(), float(), string(), duration()'
    })
    t.equal(await pool.tasks.stats('a'), undefined)
    await pool.tasks.start(streamTask('a', LAST))
  })
)

t.test('a stream that tasks of several shards read reaches all of them, and others only theirs', (t) =>
  withPool({ count: 2 }, async ({ pool, write }) => {
    // Tasks without traffic spread; the second database is read in one shard only.
    await pool.tasks.start(streamTask('a', LAST, 'one'))
    await pool.tasks.start(streamTask('b', LAST, 'two'))
    await pool.tasks.start({
      ...streamTask('c', COUNT),
      dbrps: [
        { db: 'one', rp: 'rp' },
        { db: 'two', rp: 'rp' }
      ]
    })
    await write('m v=1 1', 'one')
    await write('m v=2 2\nm v=3 3', 'two')
    const collected = async (id: string): Promise<number> => (await pool.tasks.stats(id))!.nodes['from1']!['collected']!
    t.same(await Promise.all([collected('a'), collected('b'), collected('c')]), [1, 2, 3])
    const gauges = await pool.readings.gauges()
    t.same(gauges.map(({ tasks }) => tasks).sort(), [1, 2])
    await write('m v=1 1\nn v=1 1\nm v=2 2', 'nobody')
    t.match(await write('m v=1 1\nm v=', 'nobody'), /missing field value/)
    t.same(
      (await pool.readings.ingress()).map(({ db, measurement, points }) => `${db} ${measurement} ${points}`).sort(),
      ['nobody m 2', 'nobody n 1', 'one m 1', 'two m 2'],
      'points are counted once, read or not, and those of a bad body are not'
    )
  })
)

t.test('loopback points come back as line protocol', (t) =>
  withPool({}, async ({ pool, write, looped }) => {
    await pool.tasks.start(
      streamTask('a', `${"stream|from()|kapacitorLoopback().database('x').retentionPolicy('y').tag('k','z')"}`)
    )
    await write('m,host=a v=1i 5')
    await pool.tasks.stop('a')
    t.same(looped, ['m,host=a,k=z v=1i 5'])
  })
)

t.test('tasks of two shards that write back and forth come to an end, and then stop at once', (t) => {
  const loopTo = (db: string): string => `stream|from()|kapacitorLoopback().database('${db}').retentionPolicy('rp')`
  let pool: ShardPool | undefined
  const onLoopback: ShardPoolOptions['onLoopback'] = ({ db, rp, hop, lines }, onProcessed) =>
    pool!.writes.writeLooped({ db, rp, hop, ...bodyOf(lines) }, 30_000, () => {}, onProcessed)
  const engine = { ...engineSettings, maxPending: 0, loopback: { maxHops: 5, maxBytes: 1 << 20 } }
  return withPool({ count: 2, engine, onLoopback }, async (world) => {
    ;({ pool } = world)
    const { write } = world
    await pool.tasks.start(streamTask('a', loopTo('two'), 'one'))
    await pool.tasks.start(streamTask('b', loopTo('one'), 'two'))
    t.same(
      (await pool.readings.gauges()).map(({ tasks }) => tasks),
      [1, 1]
    )
    t.equal(await write('m v=1 1\nm v=2 2', 'one'), undefined, 'the writer has its answer when all of that is over')
    const written = async (id: string) => (await pool!.tasks.stats(id))!.nodes['kapacitor_loopback2']
    t.match(await written('a'), { points_written: 6, points_dropped: undefined })
    t.match(await written('b'), { points_written: 4, points_dropped: 2, errors: 2 })
    await Promise.all([pool.tasks.stop('a'), pool.tasks.stop('b')])
    const { loopbackDropped, loopbackBytes } = (await pool.readings.gauges()).find(({ loopbackDropped: n }) => n > 0)!
    t.same([loopbackDropped, loopbackBytes], [2, 0])
  })
})

t.test('what is written back to a shard that dies is counted as lost, and its writer goes on', (t) => {
  const onLoopback = (): Promise<never> => Promise.reject(new Error('the shard died'))
  return withPool({ onLoopback }, async ({ pool, write, logged }) => {
    await pool.tasks.start(streamTask('a', "stream|from()|kapacitorLoopback().database('x').retentionPolicy('y')"))
    const told = logged('points are not written back, further ones of this kind are only counted')
    t.equal(await write('m v=1 1\nm v=2 2'), undefined)
    t.match(await told, { err: 'the shard died', points: 2, database: 'x', retentionPolicy: 'y' })
    t.match((await pool.tasks.stats('a'))!.nodes['kapacitor_loopback2'], {
      points_written: 0,
      points_dropped: 2,
      errors: 2
    })
  })
})

t.test('a shard that runs out of memory is started again with its tasks, while the other goes on', (t) =>
  withPool({ count: 2, maxHeapMib: 96 }, async ({ pool, write, logged }) => {
    await pool.tasks.start(
      streamTask('glutton', "stream|from()|window().period(1000d).every(1000d)|httpOut('out')", 'many')
    )
    await pool.tasks.start(streamTask('modest', LAST, 'few'))
    t.equal(await write('m v=1 1', 'few'), undefined)
    let died: unknown
    for (let n = 0; n < 800 && died === undefined; n++) {
      const lines = Array.from({ length: 5000 }, (_, i) => `m v="${'x'.repeat(20)}",i=${i} ${n * 5000 + i}`).join('\n')
      await write(lines, 'many').catch((error: unknown) => (died = error))
    }
    t.match(died, { code: 'SHARD_DIED', status: 503 })
    const isBack = logged('shard is back')
    t.equal(await write('m v=2 2', 'few'), undefined, 'the other shard')
    await isBack
    // The glutton is back, with nothing in its window.
    t.equal((await pool.tasks.stats('glutton'))?.nodes['from1']?.['collected'], 0)
    t.equal((await pool.tasks.stats('modest'))?.nodes['from1']?.['collected'], 2)
  })
)

t.test('a write that finds no room before its deadline is told to come again', (t) =>
  withPool({ maxInFlightBytes: 1 }, async ({ pool }) => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `m,host=h${i} v=1 1`).join('\n')
    const write = (): Promise<string | undefined> =>
      pool.writes.write({ db: 'db', rp: 'rp', precision: 'n', isCounted: true, ...bodyOf(lines) }, 0, () => {})
    const outcomes = await Promise.allSettled([write(), write()])
    t.same(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected']
    )
    t.match((outcomes[1] as PromiseRejectedResult).reason, { code: 'WRITE_BUSY', status: 503 })
    t.equal(await write(), undefined, 'there is room again')
  })
)

const ALERT =
  "stream|from().measurement('m')|groupBy('h')|alert().id('{{ .Group }}').crit(lambda: \"v\" > 1).topic('t')"

/** Events are stored when `store` is called; `told` resolves when there are some. */
function heldStore() {
  let store: () => void = () => {}
  let tell: () => void = () => {}
  const told = new Promise<void>((resolve) => (tell = resolve))
  const stored = new Promise<void>((resolve) => (store = resolve))
  const onEvents = (): Promise<void> => {
    tell()
    return stored
  }
  return { onEvents, told, store }
}

t.test('a write is answered once the events that it caused are stored, and one that caused none at once', (t) => {
  const { onEvents, told, store } = heldStore()
  return withPool({ onEvents }, async ({ pool, write }) => {
    await pool.tasks.start(streamTask('a', ALERT))
    const order: string[] = []
    t.equal(await write('m v=1 1'), undefined)
    const caused = write('m v=2 2').then(() => order.push('answered'))
    await told
    await pool.tasks.stats('a') // the shard has answered the write by then
    order.push('stored')
    store()
    await caused
    t.same(order, ['stored', 'answered'])
  })
})

t.test('a write whose events could not be stored is told so, and the next one is not', (t) =>
  withPool({ onEvents: () => Promise.reject(new Error('disk full')) }, async ({ pool, write }) => {
    await pool.tasks.start(streamTask('a', ALERT))
    await t.rejects(write('m v=2 2'), { message: 'disk full' })
    t.equal(await write('m v=2 3', 'other'), undefined)
    t.equal(await write('n v=1 3'), undefined)
  })
)

t.test('while too many events wait to be stored, writers wait too', (t) => {
  const { onEvents, told, store } = heldStore()
  return withPool({ onEvents, maxUncommitted: 1 }, async ({ pool, write }) => {
    await pool.tasks.start(streamTask('a', ALERT))
    const first = write('m,h=a v=2 2\nm,h=b v=2 2')
    await told
    const order: string[] = []
    const second = write('n v=1 3').then(() => order.push('written'))
    await pool.tasks.stats('a')
    order.push('stored')
    store()
    await Promise.all([first, second])
    t.same(order, ['stored', 'written'])
  })
})
