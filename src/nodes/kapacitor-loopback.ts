import { defineNode, Node, type NodeContext, StartError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import type { LoopbackSender } from '../graph/ports.ts'
import type { Batch } from '../model/batch.ts'
import type { Point } from '../model/point.ts'
import { SeriesCopies } from './series-copies.ts'

const spec = nodeSpec({
  name: 'kapacitorLoopback',
  hostType: 'KapacitorLoopbackNode',
  kind: 'kapacitor_loopback',
  wants: 'either',
  provides: 'none',
  summary: 'Writes points back into the stream that tasks read, as if they had been sent.',
  properties: {
    database: t.string('Database to write into.').default(''),
    retentionPolicy: t.string('Retention policy to write into.').default(''),
    measurement: t.string('Measurement of points of a stream; empty: their own. Batches keep theirs.').default(''),
    tag: t.call('A tag to set.', { name: t.string('Its name.'), value: t.string('Its value.') }).all()
  },
  validate({ database, retentionPolicy }) {
    if (database === '') return 'must specify a database'
    return retentionPolicy === '' ? 'must specify a retention policy' : undefined
  }
})

class KapacitorLoopback extends Node<OptionsOf<typeof spec>> implements LoopbackSender {
  readonly #copies: SeriesCopies
  #written = 0
  #dropped = 0
  /** Kinds of losses that have been logged: a loop would log nothing else. */
  readonly #reported = new Set<string>()

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { database, retentionPolicy, tag } = options
    if (context.dbrps.some(({ db, rp }) => db === database && rp === retentionPolicy)) {
      throw new StartError(`loop detected on dbrp: "${database}"."${retentionPolicy}"`)
    }
    const changes = tag.map(({ name, value }) => [name, value] as const)
    this.#copies = new SeriesCopies(context, (tags) => (changes.length === 0 ? tags : tags.with(changes)))
  }

  override point(point: Point): void {
    this.#write([this.#sent(point, this.options.measurement || point.name)])
  }

  /** `measurement` does not concern batches, as in Kapacitor. */
  override batch({ name, points }: Batch): void {
    this.#write(points.map((point) => this.#sent(point, name)))
  }

  /** Differs: points that |kapacitorLoopback drops are counted, in points_dropped, which is there once there are any. */
  override counters(): Readonly<Record<string, number>> {
    const counters = { points_written: this.#written }
    return this.#dropped === 0 ? counters : { ...counters, points_dropped: this.#dropped }
  }

  /** Logs the first of each kind, and counts them all. */
  dropped(points: number, kind: string, reason: string): void {
    this.#written -= points
    this.#dropped += points
    if (this.#reported.has(kind)) {
      this.errors += points
      return
    }
    this.#reported.add(kind)
    this.errors += points - 1 // What follows counts one.
    const { database, retentionPolicy } = this.options
    this.error('points are not written back, further ones of this kind are only counted', {
      ...{ err: reason, points, database, retentionPolicy }
    })
  }

  #write(points: readonly Point[]): void {
    this.#written += points.length
    this.context.ports.loopback.write(points, this)
  }

  /** The point as a writer would have sent it. */
  #sent(point: Point, name: string): Point {
    const { database, retentionPolicy } = this.options
    return point.withSeries(this.#copies.copyOf(point.series, database, retentionPolicy, name), this.context.groups.nil)
  }
}

export default defineNode(spec, KapacitorLoopback)
