import t from 'tap'
import { TaskHost } from '../../src/engine/task-host.ts'
import type { InfluxCluster } from '../../src/influxdb/query/cluster.ts'
import { Batch } from '../../src/model/batch.ts'
import type { RunnableTask } from '../../src/graph/task.ts'
import { dimensionsOf } from '../../src/model/group.ts'
import { Tags } from '../../src/model/series.ts'
import { streamTask } from '../support/engine.ts'
import { emptyWorld } from './world.ts'

const BATCH: RunnableTask = {
  ...streamTask('b', "batch|query('SELECT v FROM db.rp.m').period(1s).every(1s)|httpOut('out')"),
  type: 'batch'
}

/** A cluster that counts what it is asked. */
function counting() {
  let asked = 0
  const cluster: InfluxCluster = {
    query: () => {
      asked++
      return Promise.resolve([])
    },
    flux: () => Promise.resolve(''),
    write: () => Promise.resolve()
  }
  return { influx: { findCluster: () => cluster }, asked: () => asked }
}

t.test('where queries are scheduled they run when they are due, and where they are fed they do not', async (t) => {
  for (const [queries, expected] of [
    ['scheduled', 3],
    ['fed', 0]
  ] as const) {
    const { influx, asked } = counting()
    const { world, clock } = emptyWorld({ queries, influx })
    const host = TaskHost.start(BATCH, world)
    for (let i = 0; i < 3; i++) {
      clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    t.equal(asked(), expected, queries)
    await host.stop()
  }
})

t.test('a query that is fed sends on what it is given', async (t) => {
  const { world } = emptyWorld({ queries: 'fed', taskMaster: 'replay' })
  const host = TaskHost.start(BATCH, world)
  t.equal(host.queryCount, 1)
  const tags = Tags.of([])
  host.feed(0, new Batch('m', host.groups.get('m', tags, dimensionsOf(false, tags.keys.names)), { ms: 1, ns: 0 }, []))
  t.equal(host.stats().nodes['query1']?.['batches_queried'], 1)
  await host.stop()
})

t.test('a task that does not start leaves no numbers of series taken', (t) => {
  const { world, slots } = emptyWorld()
  const bad = "stream|from().groupBy('h')|default().tag('a', 'b')|httpOut('out')|httpOut('out')"
  for (let i = 0; i < 10; i++) t.throws(() => TaskHost.start(streamTask('a', bad), world), /multiple registrations/)
  const before = slots.count
  t.ok(before > 0)
  t.throws(() => TaskHost.start(streamTask('a', bad), world))
  t.equal(slots.count, before)
  t.equal(world.routes.find('a', 'out'), undefined)
  t.end()
})

t.test('what a node does by the clock goes out at the end of its turn', async (t) => {
  const { world, clock, events, failures } = emptyWorld()
  const script = "stream|from().measurement('m')|deadman(0.0, 1s).topic('t')"
  const host = TaskHost.start(streamTask('a', script), world)
  for (let i = 0; i < 3; i++) clock.advance(1000)
  t.equal(events.length, 2, 'at once, not in a microtask')
  t.same(failures, [])
  await host.stop()
  await host.released
  t.equal(host.pending, 0)
})
