import { compareBytes } from '../../src/model/bytes.ts'
import { instantOfMillis, nanosOf, type Instant } from '../../src/core/instant.ts'
import { formatDuration, parseDuration } from '../../src/core/duration.ts'
import type { Batch } from '../../src/model/batch.ts'
import type { Point } from '../../src/model/point.ts'
import type { Tags } from '../../src/model/series.ts'
import { PointColumns } from '../../src/model/point-columns.ts'
import { LineParser } from '../../src/lineproto/parser.ts'

/** Times in test texts count from 1970: `5s`, `1500ms`, `-4s`. */
export function formatTime(time: Instant): string {
  const nanos = nanosOf(time)
  if (nanos % 1_000_000_000n === 0n) return `${nanos / 1_000_000_000n}s`
  return formatDuration(nanos)
}

/** Lines of line protocol with times such as `5s`, staged as the ingest does. */
export function stage(text: string, db = 'db', rp = 'rp'): PointColumns {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.replace(/ (-?\d+(?:ns|u|ms|s|m|h|d))$/, (_, time: string) => ` ${parseDuration(time)}`))
  const columns = new PointColumns()
  const parser = new LineParser({ db, rp, requiredFields: () => 'all' })
  const problems = parser.parse(Buffer.from(lines.join('\n')), 'n', instantOfMillis(0), columns)
  if (problems !== undefined) throw new Error(problems)
  return columns
}

/** `m,host=a v=1,n=2i 5s`, tags and fields sorted. */
export function formatPoint(point: Point): string {
  return `${key(point.name, point.series.tags)} ${formatFields(point)} ${formatTime(point.time)}`
}

/** `m,host=a tmax=10s [,dc=x v=1 3s; v=2 5s]`: each point with the tags that are not the batch's. */
export function formatBatch(batch: Batch): string {
  const points = batch.points.map((point) => {
    const own = [...point.series.tags.entries()].filter(([name, value]) => batch.group.tags.get(name) !== value)
    const tags = own.map(([name, value]) => `,${name}=${value}`).join('')
    return `${tags === '' ? '' : `${tags} `}${formatFields(point)} ${formatTime(point.time)}`
  })
  return `${key(batch.name, batch.group.tags)} tmax=${formatTime(batch.tmax)} [${points.join('; ')}]`
}

function formatFields(point: Point): string {
  return [...point.schema.names.entries()]
    .sort(([, a], [, b]) => compareBytes(a, b))
    .map(([index, name]) => {
      const value = point.values[index]
      const type = point.schema.types[index]
      if (type === 'string') return `${name}=${JSON.stringify(value)}`
      return `${name}=${String(value)}${type === 'int' ? 'i' : type === 'duration' ? 'ns' : ''}`
    })
    .join(',')
}

function key(name: string, tags: Tags): string {
  return name + [...tags.entries()].map(([tag, value]) => `,${tag}=${value}`).join('')
}
