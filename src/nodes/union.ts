import { Fifo } from '../core/fifo.ts'
import { compare, type Instant, isBefore } from '../core/instant.ts'
import type { NodeRef } from '../graph/link.ts'
import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import { SeriesCopies } from './series-copies.ts'
import { weightOf } from './weight.ts'

/** Messages that wait in one node at most; a batch counts for as many as it has points. */
const MAX_PENDING = 1_000_000

const spec = nodeSpec({
  name: 'union',
  wants: 'either',
  provides: 'same',
  summary: 'Passes on the messages of several nodes in the order of time.',
  args: { nodes: t.rest(t.node('The other nodes.')) },
  properties: { rename: t.string('Name of all messages; empty: each keeps its own.').default('') },
  /** The arguments come first, also where times are the same. */
  link(builder, parent, self) {
    for (const other of self.options['nodes'] as readonly NodeRef[]) builder.link(other, self)
    builder.link(parent, self)
    return self
  },
  requiredFields: (_options, below) => below,
  examples: [
    {
      script: `var a = stream|from().measurement('a') var b = stream|from().measurement('b') a|union(b)`,
      input: 'a v=1 1s\na v=2 2s\nb v=3 1s\nb v=4 5s\na v=5 3s',
      output: 'b v=3 1s\na v=1 1s\na v=2 2s\na v=5 3s\nb v=4 5s'
    }
  ]
})

type Message = Point | Batch | Barrier

/** What one parent has delivered and is not passed on yet. */
interface Source {
  readonly queue: Fifo<Message>
  /** Time of the front of the queue, also of one that has left since; undefined before the first message. */
  mark: Instant | undefined
}

/** Nothing passes a source that is behind, or one that never said anything. */
class Union extends Node<OptionsOf<typeof spec>> {
  readonly #sources: readonly Source[]
  readonly #copies: SeriesCopies
  #pending = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#sources = Array.from({ length: options.nodes.length + 1 }, () => ({ queue: new Fifo(), mark: undefined }))
    this.#copies = new SeriesCopies(context)
  }

  override point(point: Point, source: number): void {
    this.#take(point, source)
  }

  override batch(batch: Batch, source: number): void {
    this.#take(batch, source)
  }

  override barrier(barrier: Barrier, source: number): void {
    this.#take(barrier, source)
  }

  /** Overtakes what waits, as in Kapacitor. */
  override deleteGroup(group: Group, _source: number): void {
    this.emitDelete(this.#groupOf(group))
  }

  override finish(): void {
    for (let mark = this.#earliestFront(); mark !== undefined; mark = this.#earliestFront()) this.#emitUntil(mark)
  }

  #take(message: Message, source: number): void {
    this.#sources[source]!.queue.push(message)
    this.#pending += weightOf(message)
    for (let mark = this.#lowestMark(); mark !== undefined; mark = this.#lowestMark()) {
      if (!this.#emitUntil(mark)) break
    }
    // Differs: where Kapacitor waits for a silent source without bound, the earliest go on without it.
    if (this.#pending > MAX_PENDING) {
      this.#emitUntil(this.#earliestFront()!)
      this.error('too many messages wait for a source of the union, passed on the earliest')
    }
  }

  /** Up to where all sources have come; undefined where one has not begun. */
  #lowestMark(): Instant | undefined {
    let lowest: Instant | undefined
    for (const source of this.#sources) {
      const { first } = source.queue
      if (first !== undefined) source.mark = timeOf(first)
      if (source.mark === undefined) return undefined
      if (lowest === undefined || isBefore(source.mark, lowest)) lowest = source.mark
    }
    return lowest
  }

  #earliestFront(): Instant | undefined {
    let earliest: Instant | undefined
    for (const { queue } of this.#sources) {
      if (queue.first === undefined) continue
      const time = timeOf(queue.first)
      if (earliest === undefined || isBefore(time, earliest)) earliest = time
    }
    return earliest
  }

  /** @returns Whether there was anything. */
  #emitUntil(mark: Instant): boolean {
    const before = this.#pending
    for (const { queue } of this.#sources) {
      for (let { first } = queue; first !== undefined && compare(timeOf(first), mark) <= 0; { first } = queue) {
        queue.shift()
        this.#pending -= weightOf(first)
        this.#emitMessage(first)
      }
    }
    return this.#pending < before
  }

  #emitMessage(message: Message): void {
    const { rename } = this.options
    if (message instanceof Point) {
      this.emit(rename === '' ? message : this.#renamed(message, this.#groupOf(message.group)))
    } else if (message instanceof Batch) {
      this.emitBatch(rename === '' ? message : this.#renamedBatch(message))
    } else {
      this.emitBarrier(rename === '' ? message : { group: this.#groupOf(message.group), time: message.time })
    }
  }

  #renamedBatch({ group, tmax, points }: Batch): Batch {
    const renamed = this.#groupOf(group)
    const moved = renamed === group ? points : points.map((point) => this.#renamed(point, renamed))
    return new Batch(this.options.rename, renamed, tmax, moved)
  }

  #renamed(point: Point, group: Group): Point {
    const { database, retentionPolicy } = point.series
    return point.withSeries(this.#copies.copyOf(point.series, database, retentionPolicy, this.options.rename), group)
  }

  /** The name is a part of the group where grouped by measurement. */
  #groupOf(group: Group): Group {
    const { rename } = this.options
    if (rename === '' || !group.dimensions.byName) return group
    return this.context.groups.get(rename, group.tags, group.dimensions)
  }
}

function timeOf(message: Message): Instant {
  return message instanceof Batch ? message.tmax : message.time
}

export default defineNode(spec, Union)
