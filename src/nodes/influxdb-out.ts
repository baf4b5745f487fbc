import type { Timer } from '../core/clock.ts'
import { defineNode, Node, type NodeContext, StartError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { formatPoint, type PointFormat } from '../lineproto/format.ts'
import type { Batch } from '../model/batch.ts'
import { dbrpKey } from '../model/dbrp.ts'
import type { Point } from '../model/point.ts'
import { WriteQueue } from './influxdb-out/write-queue.ts'
import { SeriesCopies } from './series-copies.ts'

interface Precision {
  readonly nanos: bigint
  /** Name that every version of InfluxDB knows it by: some take `us` for nanoseconds. */
  readonly name: string
}

/** Precisions by what scripts call them. */
const PRECISIONS: ReadonlyMap<string, Precision> = new Map([
  ['ns', { nanos: 1n, name: 'ns' }],
  ['us', { nanos: 1_000n, name: 'u' }],
  ['ms', { nanos: 1_000_000n, name: 'ms' }],
  ['s', { nanos: 1_000_000_000n, name: 's' }],
  ['m', { nanos: 60_000_000_000n, name: 'm' }],
  ['h', { nanos: 3_600_000_000_000n, name: 'h' }]
])

const spec = nodeSpec({
  name: 'influxDBOut',
  hostType: 'InfluxDBOutNode',
  kind: 'influxdb_out',
  wants: 'either',
  provides: 'none',
  summary: 'Writes points into InfluxDB. While it does not answer, points wait and are written later.',
  properties: {
    cluster: t.string('Name of the InfluxDB cluster; empty: the default one.').default(''),
    database: t.string('Database; empty: the one that a point was written to.').default(''),
    retentionPolicy: t.string('Retention policy; empty: the one that a point was written to.').default(''),
    measurement: t.string('Measurement; empty: that of the point.').default(''),
    tag: t.call('A tag to set.', { name: t.string('Its name.'), value: t.string('Its value.') }).all(),
    precision: t.string('Unit of the times: ns, us, ms, s, m or h.').default('ns'),
    writeConsistency: t.string('Write consistency of a cluster: any, one, quorum or all.').default(''),
    buffer: t.int('Points that are written at once.').default(1000),
    flushInterval: t.duration('Longest time that points wait for others.').default(10_000_000_000n),
    create: t.flag('Creates the database, with the retention policy, when the task starts.')
  },
  validate({ precision, flushInterval }) {
    // Differs: the original takes any precision and then drops the points, and ends where the interval is not positive.
    if (!PRECISIONS.has(precision)) return `invalid precision ${JSON.stringify(precision)}, use ns, us, ms, s, m or h`
    return flushInterval <= 0n ? 'flushInterval must be greater than zero' : undefined
  }
})

/** Points of one database and retention policy that wait for others. */
interface Buffer {
  readonly database: string
  readonly retentionPolicy: string
  lines: string[]
  /** Points that cannot be written, and why the first of them cannot. */
  unwritable: { points: number; readonly reason: string } | undefined
}

class InfluxDBOut extends Node<OptionsOf<typeof spec>> {
  readonly #copies: SeriesCopies
  readonly #format: PointFormat
  readonly #size: number
  readonly #buffers = new Map<string, Buffer>()
  readonly #outbox: WriteQueue
  #ticker: Timer | undefined

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { cluster: name, tag, precision, buffer, writeConsistency: consistency } = options
    const cluster = context.ports.influx.findCluster(name)
    if (cluster === undefined) throw new StartError(`failed to get InfluxDB client: no such InfluxDB config ${name}`)
    const changes = tag.map(({ name, value }) => [name, value] as const)
    this.#copies = new SeriesCopies(context, (tags) => (changes.length === 0 ? tags : tags.with(changes)))
    this.#format = { nanosPerUnit: PRECISIONS.get(precision)!.nanos, durations: 'text' }
    this.#size = Math.max(1, Number(buffer))
    const fixed = { precision: PRECISIONS.get(precision)!.name, consistency }
    this.#outbox = new WriteQueue(cluster, fixed, context, (message, details) => this.error(message, details))
  }

  override start(): void {
    const { create, database, retentionPolicy, flushInterval } = this.options
    if (create) this.#outbox.create(database, retentionPolicy)
    this.#ticker = this.context.ports.clock.every(Number(flushInterval) / 1e6, () => this.#flushAll())
  }

  override point(point: Point): void {
    const { database, retentionPolicy, name } = point.series
    const { options } = this
    const buffer = this.#bufferOf(options.database || database, options.retentionPolicy || retentionPolicy)
    this.#add(point, name, buffer)
    this.#flushFull(buffer)
  }

  /** A batch has no database of its own, and is not divided. */
  override batch({ name, points }: Batch): void {
    const buffer = this.#bufferOf(this.options.database, this.options.retentionPolicy)
    for (const point of points) this.#add(point, name, buffer)
    this.#flushFull(buffer)
  }

  /** Nothing comes after them that would want to know. */
  override barrier(): void {}

  override deleteGroup(): void {}

  override finish(): void {
    this.#flushAll()
    this.#outbox.finish()
  }

  override stop(): void {
    this.#ticker?.cancel()
    this.#flushAll()
    this.#outbox.stop()
  }

  override counters(): Readonly<Record<string, number>> {
    return this.#outbox.counters()
  }

  #add(point: Point, ownName: string, buffer: Buffer): void {
    const name = this.options.measurement || ownName
    const series = this.#copies.copyOf(point.series, buffer.database, buffer.retentionPolicy, name)
    const line = formatPoint(point, this.#format, series)
    if (typeof line === 'string') buffer.lines.push(line)
    else if (buffer.unwritable === undefined) buffer.unwritable = { points: 1, reason: line.reason }
    else buffer.unwritable.points++
  }

  #flushFull(buffer: Buffer): void {
    if (buffer.lines.length + (buffer.unwritable?.points ?? 0) >= this.#size) this.#flush(buffer)
  }

  #bufferOf(database: string, retentionPolicy: string): Buffer {
    const key = dbrpKey(database, retentionPolicy)
    let buffer = this.#buffers.get(key)
    if (buffer === undefined) {
      this.#buffers.set(key, (buffer = { database, retentionPolicy, lines: [], unwritable: undefined }))
    }
    return buffer
  }

  #flushAll(): void {
    for (const buffer of this.#buffers.values()) this.#flush(buffer)
  }

  #flush(buffer: Buffer): void {
    const { database, retentionPolicy, lines, unwritable } = buffer
    if (lines.length === 0 && unwritable === undefined) return
    buffer.lines = []
    buffer.unwritable = undefined
    this.#outbox.add({ database, retentionPolicy, lines: lines.join('\n'), points: lines.length, unwritable })
  }
}

export default defineNode(spec, InfluxDBOut)
