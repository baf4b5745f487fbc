import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { GoMemoryWatch } from '../../src/core/go-memory.ts'
import {
  ingressStatistics,
  publishStatistics,
  runtimeStatistic,
  serverStatistic,
  taskStatistics
} from '../../src/tasks/statistics.ts'
import { startHarness } from '../api/harness.ts'

t.test('the statistics are written as points every period, whether a task reads them or not', async (t) => {
  const { call, services, clock, runner } = await startHarness(t)
  const written: string[] = []
  const target = {
    db: '_kapacitor',
    rp: 'autogen',
    tags: { host: 'h 1', server_id: '' },
    periodMs: 10,
    write: (db: string, rp: string, lines: string) => {
      written.push(`${db}.${rp}`, ...lines.split('\n'))
      return Promise.reject(new Error('no room'))
    }
  }
  const timer = publishStatistics(target, services.tasks, clock, {
    whole: () => [serverStatistic(services.tasks, 3)],
    parts: () => Promise.resolve([{ name: 'topics', tags: { id: 'a,b' }, values: { collected: 1 } }])
  })
  const period = async (): Promise<string[]> => {
    clock.advance(10)
    await turn()
    return written.splice(0).map((line) => line.replace(/ \d+$/, ''))
  }

  const [place, kapacitor, ...rest] = await period()
  t.equal(place, '_kapacitor.autogen')
  t.match(kapacitor, /^kapacitor num_tasks=0i,num_enabled_tasks=0i,num_subscriptions=3i,uptime=[\d.]+$/)
  t.strictSame(rest, ['topics,host=h\\ 1,id=a\\,b collected=1i'])

  const script = 'dbrp "_kapacitor"."autogen"\nstream|from()|log()'
  await call('POST /tasks', { id: 's', script, status: 'enabled' })
  runner.taskStats = {
    throughput: 0,
    nodes: { stream0: { collected: 9, avg_exec_time_ns: 0 }, log2: { errors: 2, avg_exec_time_ns: 1500 } },
    edges: [{ parent: 'from1', child: 'log2', count: 4 }]
  }
  t.strictSame((await period()).slice(3), [
    'edges,host=h\\ 1,task=s,parent=stream,child=stream0,type=stream collected=9i,emitted=9i',
    'edges,host=h\\ 1,task=s,parent=from1,child=log2,type=stream collected=4i,emitted=4i',
    'nodes,host=h\\ 1,task=s,node=stream0,kind=stream,type=stream avg_exec_time_ns=0i',
    'nodes,host=h\\ 1,task=s,node=log2,kind=log,type=stream errors=2i,avg_exec_time_ns=1500i'
  ])
  t.equal((await period()).length, 7, 'a write that is refused does not end it')
  timer.cancel()
  t.strictSame(await period(), [])
})

t.test('the edges that feed a batch task have names of their own, one a query', async (t) => {
  const { call, services, runner } = await startHarness(t)
  const query = "batch|query('SELECT v FROM d.r.m').period(1s).every(1s)|log()"
  const script = `${query}\n${query}`
  await call('POST /tasks', { id: 'b', script, dbrps: [{ db: 'd', rp: 'r' }], status: 'enabled' })
  runner.taskStats = {
    throughput: 0,
    nodes: { batch0: { collected: 0 }, query1: { collected: 5 }, query3: { collected: 7 } },
    edges: [
      { parent: 'batch0', child: 'query1', count: 0 },
      { parent: 'batch0', child: 'query3', count: 0 },
      { parent: 'query1', child: 'log2', count: 5 }
    ]
  }
  const edges = (await taskStatistics(services.tasks)).filter(({ name }) => name === 'edges')
  t.strictSame(
    edges.map(({ tags: { parent, child, type }, values }) => [parent, child, type, values['collected']]),
    [
      ['batch', 'batch0', 'batch', 5],
      ['batch', 'batch1', 'batch', 7],
      ['query1', 'log2', 'batch', 5]
    ]
  )
})

t.test('the memory of the process is a measurement with the fields of Go', (t) => {
  const watch = new GoMemoryWatch()
  const { name, tags, values } = runtimeStatistic(watch.read())
  watch.close()
  t.strictSame([name, tags], ['runtime', {}])
  const fields = ['Alloc', 'Frees', 'HeapAlloc', 'HeapIdle', 'HeapInUse', 'HeapObjects', 'HeapReleased', 'HeapSys']
  fields.push('Lookups', 'Mallocs', 'NumGC', 'NumGoroutine', 'PauseTotalNs', 'Sys', 'TotalAlloc')
  t.strictSame(Object.keys(values).sort(), fields)
  t.ok(values['Sys']! > 1e6 && values['HeapInUse']! > 1e5 && values['NumGoroutine']! >= 1)
  t.ok(Object.values(values).every(Number.isInteger))
  t.end()
})

t.test('points that two shards counted for one measurement are one statistic', async (t) => {
  const place = { db: 'd', rp: 'r', measurement: 'm' }
  t.strictSame(
    ingressStatistics([
      { ...place, points: 3 },
      { ...place, db: 'e', points: 1 },
      { ...place, points: 4 }
    ]),
    [
      {
        name: 'ingress',
        tags: { task_master: 'main', database: 'd', retention_policy: 'r', measurement: 'm' },
        values: { points_received: 7 }
      },
      {
        name: 'ingress',
        tags: { task_master: 'main', database: 'e', retention_policy: 'r', measurement: 'm' },
        values: { points_received: 1 }
      }
    ]
  )
})
