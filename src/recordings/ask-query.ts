import { messageOf } from '../core/errors.ts'
import { compare, EPOCH } from '../core/instant.ts'
import { BatchMaker } from '../influxdb/batch/batches.ts'
import { parseQuery } from '../influxdb/influxql/parser.ts'
import type { InfluxResult } from '../influxdb/contract.ts'
import type { Batch } from '../model/batch.ts'
import type { Dbrp } from '../model/dbrp.ts'
import { GroupRegistry } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { Series } from '../model/series.ts'
import type { ArchiveType } from './archive/writer.ts'
import { type AskContext, clusterOf, type QueryAsk } from './ask-context.ts'

const NOT_QUALIFIED = 'could not determine database and retention policy. Is the query fully qualified?'

/** Runs one query: a batch a series, or the rows of all series as a stream, in the order of their times. */
export async function askQuery(
  { query, cluster: name }: QueryAsk,
  type: ArchiveType,
  context: AskContext
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
  const batches = results.flatMap((result) => maker.batchesOf(result, EPOCH))
  if (type === 'batch') {
    await sink.setQueries(1)
    for (const batch of batches) {
      sink.batch(0, batch)
      await sink.flush()
    }
  } else {
    const ofPlace = seriesOf(place)
    for (const { series, time, schema, values } of inOrder(batches)) {
      sink.point(ofPlace(series), time, schema, values)
      await sink.flush()
    }
  }
  advance(1)
}

function placeOf(query: string): Dbrp {
  const parsed = parseQuery(query)
  if (!parsed.ok) throw new Error(parsed.error)
  for (const statement of parsed.statements) {
    const sources = statement.kind === 'select' ? statement.statement.sources : []
    for (const source of sources) {
      if (source.kind !== 'subquery' && source.database !== '' && source.retentionPolicy !== '') {
        return { db: source.database, rp: source.retentionPolicy }
      }
    }
  }
  throw new Error(NOT_QUALIFIED)
}

/** Points of equal times stay in the order of their series. */
function inOrder(batches: readonly Batch[]): Point[] {
  return batches.flatMap(({ points }) => points).sort((a, b) => compare(a.time, b.time))
}

/** An answer does not say what database it is of. */
function seriesOf({ db, rp }: Dbrp): (series: Series) => Series {
  const known = new Map<Series, Series>()
  return (series) => {
    let found = known.get(series)
    if (found === undefined) known.set(series, (found = new Series(db, rp, series.name, series.tags)))
    return found
  }
}
