import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { ingressStatistics, publishStatistics } from '../../src/tasks/statistics.ts'
import { startHarness } from '../api/harness.ts'

t.test('the statistics are written as points while a task reads them', async (t) => {
  const { call, services, clock, runner } = await startHarness(t)
  const written: string[] = []
  const target = {
    db: '_kapacitor',
    rp: 'autogen',
    tags: { host: 'h 1', server_id: '' },
    periodMs: 10,
    countSubscriptions: () => 3,
    write: (db: string, rp: string, lines: string) => {
      written.push(`${db}.${rp}`, ...lines.split('\n'))
      return Promise.reject(new Error('no room'))
    }
  }
  const others = () => Promise.resolve([{ name: 'topics', tags: { id: 'a,b' }, values: { collected: 1 } }])
  const timer = publishStatistics(target, services.tasks, clock, others)
  const period = async (): Promise<string[]> => {
    clock.advance(10)
    await turn()
    return written.splice(0)
  }

  t.strictSame(await period(), [], 'no task reads them')
  const script = 'dbrp "_kapacitor"."autogen"\nstream|from()|log()'
  await call('POST /tasks', { id: 's', script, status: 'enabled' })
  runner.taskStats = {
    throughput: 0,
    nodes: { log2: { errors: 2, avg_exec_time_ns: 1.5 } },
    edges: [{ parent: 'from1', child: 'log2', count: 4 }]
  }
  const lines = await period()
  t.match(lines[1], /^kapacitor,host=h\\ 1 num_tasks=1i,num_enabled_tasks=1i,num_subscriptions=3i,uptime=[\d.]+ 16\d+$/)
  t.strictSame(
    lines.map((line) => line.replace(/ \d+$/, '')).filter((_, index) => index !== 1),
    [
      '_kapacitor.autogen',
      'topics,host=h\\ 1,id=a\\,b collected=1i',
      'edges,host=h\\ 1,task=s,parent=from1,child=log2,type=stream collected=4i,emitted=4i',
      'nodes,host=h\\ 1,task=s,node=log2,kind=log,type=stream errors=2i,avg_exec_time_ns=1.5'
    ]
  )
  t.equal((await period()).length, 5, 'a write that is refused does not end it')
  timer.cancel()
  t.strictSame(await period(), [])
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
