import t from 'tap'
import { GraphNode } from '../../src/graph/graph.ts'
import { StartError } from '../../src/graph/node.ts'
import { InfluxAway, InfluxRefused } from '../../src/influxdb/query/errors.ts'
import influxDBOut from '../../src/nodes/influxdb-out.ts'
import { Harness } from '../support/check.ts'
import { FakeCluster, settled } from '../support/influx.ts'
import { FakePorts } from '../support/ports.ts'

/** A script that ends in `influxDBOut`, and its database, both in the hands of the test. */
class Rig {
  readonly cluster = new FakeCluster()
  readonly ports = new FakePorts()
  readonly task: Harness

  constructor(properties: string, chain = 'stream|from()', firstAnswers: readonly Error[] = []) {
    this.cluster.answers.push(...firstAnswers)
    this.ports.clusters.set('', this.cluster)
    this.task = new Harness(`${chain}|influxDBOut()${properties}`, this.ports)
  }

  async write(...lines: readonly string[]): Promise<this> {
    this.task.write(lines.join('\n'))
    await settled()
    return this
  }

  async advance(ms: number): Promise<this> {
    this.ports.clock.advance(ms)
    await settled()
    return this
  }

  writes(): string[] {
    return this.cluster.writes.splice(0)
  }

  stats(): Readonly<Record<string, number>> {
    const { nodes } = this.task.graph.stats()
    return Object.entries(nodes).find(([name]) => name.startsWith('influxdb_out'))![1]
  }
}

const away = InfluxAway('connect ECONNREFUSED')

t.test('points go as lines to the place, in the unit and with the tags of the script', async (t) => {
  const place = ".database('out').retentionPolicy('r').measurement('mm').precision('s').writeConsistency('all')"
  const rig = new Rig(`.buffer(1).tag('k', 'v').tag('host', 'z')${place}`)
  await rig.write('m,host=a,dc=x n=2i,v=1,b=true,s="a b\\"c" 1500ms')
  t.same(rig.writes(), ['out r s all: mm,dc=x,host=z,k=v b=true,n=2i,s="a b\\"c",v=1 1'])
  t.match(rig.stats(), { collected: 1, points_written: 1, write_errors: 0, errors: 0, points_dropped: undefined })
})

t.test('without any of that they go where they came from, with times in nanoseconds', async (t) => {
  const rig = new Rig('.buffer(1)')
  await rig.write('m v=1 1s')
  t.same(rig.writes(), ['db rp ns : m v=1 1000000000'])
})

t.test('microseconds have the name that every version knows', async (t) => {
  t.same((await new Rig(".buffer(1).precision('us')").write('m v=1 1s')).writes(), ['db rp u : m v=1 1000000'])
})

t.test('points wait until there are enough of them, or the interval is over, or the task ends', async (t) => {
  const rig = new Rig('.buffer(3).flushInterval(2s)')
  await rig.write('m v=1 1s', 'm v=2 2s')
  t.same(rig.writes(), [])
  await rig.write('m v=3 3s', 'm v=4 4s')
  t.same(rig.writes(), ['db rp ns : m v=1 1000000000\nm v=2 2000000000\nm v=3 3000000000'])
  await rig.advance(2_000)
  t.same(rig.writes(), ['db rp ns : m v=4 4000000000'])
  await rig.write('m v=5 5s')
  rig.task.graph.finish()
  await settled()
  t.same(rig.writes(), ['db rp ns : m v=5 5000000000'])
  t.equal(rig.stats()['points_written'], 5)
  t.equal(rig.ports.pendingNow, 0)
})

t.test('a batch is written as a whole, and its points have no database of their own', async (t) => {
  const window = 'stream|from()|window().periodCount(3).everyCount(3)'
  const rig = new Rig(".buffer(2).database('out')", window)
  await rig.write('m,host=a v=1 1s', 'm v=2 2s', 'm v=3 3s')
  t.equal(rig.writes()[0]!.split('\n').length, 3)

  const nowhere = new Rig('.buffer(2)', window)
  await nowhere.write('m,host=a v=1 1s', 'm v=2 2s', 'm v=3 3s')
  t.same(nowhere.writes(), [])
  t.same(nowhere.ports.pointErrors, ['the points have no database, set one with .database()'])
  t.match(nowhere.stats(), { points_written: 0, write_errors: 1, errors: 1 })
})

t.test('a point of which nothing can be written is told', async (t) => {
  const rig = new Rig('.buffer(1)', "stream|from()|delete().field('v')")
  await rig.write('m v=1 1s')
  t.same(rig.writes(), [])
  t.same(rig.ports.pointErrors, ['point has no field that can be written'])
  t.match(rig.stats(), { points_written: 0, write_errors: 1, errors: 1 })
})

t.test('an infinity or no number in one point is an error of its body, of which the others are written', async (t) => {
  const rig = new Rig('.buffer(3)', 'stream|from()|eval(lambda: "v" / "w").as(\'v\')')
  await rig.write('m v=1,w=0 1s', 'm v=1,w=2 2s', 'm v=0,w=0 3s', 'm v=4,w=2 4s', 'm v=6,w=2 5s', 'm v=8,w=2 6s')
  t.same(rig.writes(), [
    'db rp ns : m v=0.5 2000000000',
    'db rp ns : m v=2 4000000000\nm v=3 5000000000\nm v=4 6000000000'
  ])
  t.same(rig.ports.pointErrors, ['point has a field that is infinite or no number'])
  t.match(rig.ports.lines, [{ message: 'failed to write points to InfluxDB', details: { points: 2 } }])
  t.match(rig.stats(), { points_written: 3, write_errors: 1, errors: 1 })
})

t.test('a duration is written as a text', async (t) => {
  const rig = new Rig('.buffer(2)', 'stream|from()|eval(lambda: duration("v", 1s)).as(\'d\')')
  await rig.write('m v=90i 1s', 'm v=-5i 2s')
  t.same(rig.writes(), ['db rp ns : m d="1m30s" 1000000000\nm d="-5s" 2000000000'])
})

t.test('a newline in a tag does not make lines of its own', async (t) => {
  const rig = new Rig('.buffer(2)', "stream|from()|eval(lambda: \"s\").as('s').tags('s').keep('v')")
  await rig.write('m s="a v=1 1\nstolen,t=b",v=1 1s', 'm s="ok",v=2 2s')
  t.same(rig.writes(), ['db rp ns : m,s=ok v=2 2000000000'])
  t.same(rig.ports.pointErrors, ['value of the tag "s" cannot be written as line protocol: "a v=1 1\\nstolen,t=b"'])
})

t.test('a refused write is counted and the next one is tried', async (t) => {
  const rig = new Rig('.buffer(2)')
  rig.cluster.answers.push(InfluxRefused('partial write: field type conflict'))
  await rig.write('m v=1 1s', 'm v=2 2s', 'm v=3 3s', 'm v=4 4s')
  t.equal(rig.writes().length, 2)
  t.same(rig.ports.pointErrors, ['partial write: field type conflict'])
  t.match(rig.ports.lines, [{ message: 'failed to write points to InfluxDB', details: { points: 2 } }])
  t.match(rig.stats(), { points_written: 2, write_errors: 1, errors: 1 })
})

t.test('while nobody answers points wait, in order, and writers do not', async (t) => {
  const rig = new Rig('.buffer(1)')
  rig.cluster.answers.push(away, away)
  await rig.write('m v=1 1s')
  t.equal(rig.ports.pendingNow, 0)
  await rig.write('m v=2 2s')
  t.equal(rig.writes().length, 1)
  for (let i = 0; i < 8; i++) await rig.advance(250)
  t.same(
    rig.writes().map((write) => write.slice(-12)),
    ['=1 1000000000', '=1 1000000000', '=2 2000000000'].map((text) => text.slice(-12))
  )
  t.match(rig.stats(), { points_written: 2, write_errors: 1, errors: 1, points_dropped: undefined })
})

t.test('writers are held up while the database takes its time', async (t) => {
  const rig = new Rig('.buffer(2)')
  rig.cluster.answers.push(new Promise(() => undefined))
  await rig.write('m v=1 1s', 'm v=2 2s', 'm v=3 3s', 'm v=4 4s')
  t.equal(rig.ports.pendingNow, 4)
})

t.test('when too much waits the oldest points are dropped, counted and told', async (t) => {
  const rig = new Rig('.buffer(1)')
  for (let i = 0; i < 100; i++) rig.cluster.answers.push(away)
  const long = 'x'.repeat(1024 * 1024)
  for (let i = 0; i < 70; i++) await rig.write(`m s="${long}",v=${i} 1s`)
  const dropped = rig.stats()['points_dropped']!
  t.ok(dropped >= 6 && dropped <= 8, String(dropped))
  t.equal(rig.ports.lines.filter(({ message }) => /dropped the oldest/.test(message)).length, dropped)
  rig.cluster.answers.length = 0
  rig.writes()
  await rig.advance(30_000)
  t.match(rig.writes()[1], new RegExp(`v=${dropped + 1} `), 'the first is tried first all the same')
  t.equal(rig.stats()['points_written']! + dropped, 70)
})

t.test('the end of a task waits for a database that is away only so long, and tells what is lost', async (t) => {
  const rig = new Rig('.buffer(2)')
  for (let i = 0; i < 10; i++) rig.cluster.answers.push(away)
  await rig.write('m v=1 1s', 'm v=2 2s', 'm v=3 3s')
  t.equal(rig.ports.pendingNow, 0)
  rig.task.graph.finish()
  t.equal(rig.ports.pendingNow, 3)
  for (let i = 0; i < 10; i++) await rig.advance(1_000)
  t.equal(rig.ports.pendingNow, 0)
  t.match(rig.stats(), { points_written: 0, points_dropped: 3 })
  t.match(rig.ports.lines.at(-1), { message: /points are lost/, details: { points: 3 } })
})

t.test('points of a task that failed are written once more, and lost not without a word', async (t) => {
  const rig = new Rig('.buffer(2)')
  rig.cluster.answers.push(away, away, InfluxRefused('no'))
  await rig.write('m v=1 1s', 'm v=2 2s', 'm v=3 3s')
  rig.task.graph.stop()
  await settled()
  t.equal(rig.writes().length, 3)
  t.match(
    rig.ports.lines.filter(({ message }) => /were lost/.test(message)),
    [{ details: { points: 2 } }, { details: { points: 1 } }]
  )
})

t.test('the database is created before the first write', async (t) => {
  const rig = new Rig(".create().database('a \"b\"').retentionPolicy('r').buffer(1)", 'stream|from()', [away])
  await rig.write('m v=1 1s')
  t.same(rig.writes(), [])
  await rig.advance(250)
  t.same(rig.cluster.queries, Array(2).fill('CREATE DATABASE "a \\"b\\"" WITH NAME "r"'))
  t.equal(rig.writes().length, 1)
})

t.test('a database that cannot be created is only logged', async (t) => {
  const refusal = InfluxRefused('retention policy conflicts')
  const rig = new Rig(".create().database('a').buffer(1)", 'stream|from()', [refusal])
  await rig.write('m v=1 1s')
  t.same(rig.cluster.queries, ['CREATE DATABASE "a"'])
  t.match(rig.ports.lines, [{ level: 'error', message: 'failed to create database' }])
  t.match(rig.stats(), { points_written: 1, write_errors: 0, errors: 0 })
})

t.test('what cannot work is refused', async (t) => {
  const refusal = (options: object): string | undefined => {
    const all = { precision: 'ns', flushInterval: 1n, ...options }
    return influxDBOut.spec.validate!(all as never, new GraphNode(influxDBOut, {}, 'stream'))
  }
  t.equal(refusal({}), undefined)
  t.equal(refusal({ precision: 'n' }), 'invalid precision "n", use ns, us, ms, s, m or h')
  t.equal(refusal({ flushInterval: 0n }), 'flushInterval must be greater than zero')
  const message = 'failed to get InfluxDB client: no such InfluxDB config x'
  t.throws(() => new Rig(".cluster('x')"), new StartError(message))
})
