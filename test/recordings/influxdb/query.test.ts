import { join } from 'node:path'
import t from 'tap'
import type { InfluxResult } from '../../../src/influxdb/query/cluster.ts'
import { ArchiveSink } from '../../../src/archive/archive-sink.ts'
import { recordQuery } from '../../../src/recordings/influxdb/query.ts'
import { testFolder } from '../../support/folder.ts'
import { FakeCluster } from '../../support/influx.ts'
import { textOf } from '../rig.ts'

const folder = testFolder(t)
let recordings = 0

/** The stream that a query on a cluster is recorded as. */
async function streamOf(query: string, answer: readonly InfluxResult[]): Promise<string[]> {
  const path = join(folder, `${recordings++}.duckdb`)
  const cluster = new FakeCluster()
  cluster.answers.push(answer)
  const sink = await ArchiveSink.create(path, 'stream', 0n, () => {})
  try {
    const signal = new AbortController().signal
    const context = { sink, signal, findCluster: () => cluster, advance: () => {} }
    await recordQuery({ kind: 'query', query, cluster: '' }, 'stream', context)
    await sink.finish(0n)
  } finally {
    sink.close()
  }
  return (await textOf(path)).filter((line) => !line.startsWith('at'))
}

const QUERY = 'SELECT v FROM "d"."r"."m" GROUP BY *'

t.test('points on a stream have no tag that their series lacks', async (t) => {
  const series = [
    { name: 'm', tags: { dc: '', host: 'a' }, columns: ['time', 'v'], values: [['1970-01-01T00:00:01Z', 1]] },
    { name: 'm', tags: { dc: 'x', host: '' }, columns: ['time', 'v'], values: [['1970-01-01T00:00:02Z', 2]] }
  ]
  t.strictSame(await streamOf(QUERY, [{ series }]), [
    'd.r.m,host=a v:float=1 1000000000',
    'd.r.m,dc=x v:float=2 2000000000'
  ])
})

t.test('series are merged by time, each in its own order, one answer after the other', async (t) => {
  const of = (host: string, ...seconds: number[]) => ({
    name: 'm',
    tags: { host },
    columns: ['time', 'v'],
    values: seconds.map((second) => [`1970-01-01T00:00:0${second}Z`, second])
  })
  const answer = [{ series: [of('a', 1, 4, 2), of('b', 4, 5), of('c', 3, 1)] }, { series: [of('d', 0)] }]
  const lines = await streamOf(QUERY, answer)
  t.strictSame(
    lines.map((line) => /host=(\w) v:float=(\d)/.exec(line)!.slice(1).join('')),
    ['a1', 'c3', 'c1', 'a4', 'a2', 'b4', 'b5', 'd0']
  )
})

t.test('a query must say in full what one measurement it is of', async (t) => {
  const message = 'could not determine database and retention policy. Is the query fully qualified?'
  for (const query of [
    'SELECT v FROM "d"."r".a, "d"."r".b',
    'SELECT v FROM (SELECT v FROM "d"."r".m)',
    'SELECT v FROM "d"..m',
    'SELECT v FROM m; SELECT v FROM "d"."r".m',
    'SHOW DATABASES'
  ]) {
    await t.rejects(streamOf(query, []), { message }, query)
  }
  t.strictSame(await streamOf('SELECT v FROM "d"."r".m; SELECT v FROM m', []), [])
})
