import { messageOf } from '../../core/errors.ts'
import { compare, EPOCH, type Instant, isBefore } from '../../core/instant.ts'
import { BatchMaker } from '../../influxdb/query/batches.ts'
import { parseQuery } from '../../influxdb/influxql/parser.ts'
import type { InfluxResult } from '../../influxdb/query/cluster.ts'
import type { Batch } from '../../model/batch.ts'
import type { Dbrp } from '../../model/dbrp.ts'
import { GroupRegistry } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { Series, Tags } from '../../model/series.ts'
import type { ArchiveType } from '../../archive/writer.ts'
import { clusterOf, type InfluxRecordContext, type QuerySource } from './context.ts'

const NOT_QUALIFIED = 'could not determine database and retention policy. Is the query fully qualified?'

/** Runs one query: a batch a series, or the rows of all series as a stream, in the order of their times. */
export async function recordQuery(
  { query, cluster: name }: QuerySource,
  type: ArchiveType,
  context: InfluxRecordContext
): Promise<void> {
  const { sink, signal, advance } = context
  const place = placeOf(query)
  const cluster = clusterOf(context, name)
  let results: readonly InfluxResult[]
  try {
    results = await cluster.query(query, signal)
  } catch (error) {
    throw new Error(`InfluxDB query failed: ${messageOf(error)}`, { cause: error })
  }
  const maker = new BatchMaker(new GroupRegistry(), { byName: false, isGroupedByTime: true })
  if (type === 'batch') await sink.setQueries(1)
  const ofPlace = seriesOf(place)
  for (const result of results) {
    const batches = maker.batchesOf(result, EPOCH)
    if (type === 'batch') {
      for (const batch of batches) {
        sink.batch(0, batch)
        await sink.flush()
      }
    } else {
      for (const { series, time, schema, values } of inOrder(batches)) {
        sink.point(ofPlace(series), time, schema, values)
        await sink.flush()
      }
    }
  }
  advance(1)
}

/** Database and retention policy of the first statement, which must have one source. */
function placeOf(query: string): Dbrp {
  const parsed = parseQuery(query)
  if (!parsed.ok) throw new Error(parsed.error)
  const [first] = parsed.statements
  const [source, ...others] = first?.kind === 'select' ? first.statement.sources : []
  if (source === undefined || source.kind === 'subquery' || others.length > 0) throw new Error(NOT_QUALIFIED)
  if (source.database === '' || source.retentionPolicy === '') throw new Error(NOT_QUALIFIED)
  return { db: source.database, rp: source.retentionPolicy }
}

/**
 * The points of all series merged by time; those of equal times in the order of their series. A series keeps its own
 * order: where it goes back in time, a point comes as late as the latest before it.
 */
function inOrder(batches: readonly Batch[]): Point[] {
  const due = batches.flatMap(({ points }) => {
    let time: Instant | undefined
    return points.map((point) => {
      if (time === undefined || isBefore(time, point.time)) time = point.time
      return { time, point }
    })
  })
  return due.sort((a, b) => compare(a.time, b.time)).map(({ point }) => point)
}

/**
 * A series with the place that an answer does not tell, and without the tags that the series lacks: an answer has an
 * empty value for them, points on a stream have none.
 */
function seriesOf({ db, rp }: Dbrp): (series: Series) => Series {
  const known = new Map<Series, Series>()
  return (series) => {
    let found = known.get(series)
    if (found === undefined) {
      const tags = Tags.of([...series.tags.entries()].filter(([, value]) => value !== ''))
      known.set(series, (found = new Series(db, rp, series.name, tags)))
    }
    return found
  }
}
