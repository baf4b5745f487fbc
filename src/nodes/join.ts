import { type Instant, round, type Span, spanOfNanos } from '../core/instant.ts'
import { defineNode, Node, type NodeContext, StartError } from '../graph/node.ts'
import { PerGroup } from '../graph/per-group.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { ScriptValue } from '../tick/value.ts'
import { JoinedGroup, type JoinSet, type Message } from './join/joined-group.ts'
import { mergeBatches } from './join/merge-batches.ts'
import { OnMatcher } from './join/on.ts'
import { PendingList } from './join/pending.ts'
import { FieldMerger, type Fill, refusePrefixes, requireBehindPrefixes } from './prefixes.ts'

/** Sets and buffered messages that wait in one node at most; one with batches counts for as many as these have points. */
const MAX_PENDING = 1_000_000

const spec = nodeSpec({
  name: 'join',
  wants: 'either',
  provides: 'same',
  summary: 'Joins messages of several nodes that have the same group and time into one.',
  args: { nodes: t.rest(t.node('The nodes to join with.')) },
  properties: {
    as: t.list(t.string('Prefixes of the fields, one for each node, this one first.')),
    on: t.list(t.string('Tags to join on, where one side has more dimensions than the other.')),
    delimiter: t.string('Between prefix and field.').default('.'),
    streamName: t.string('Name of what comes out; empty: that of the first node that delivered.').default(''),
    tolerance: t.duration('Times that round to the same multiple are the same.').default(0n),
    fill: t.any("What a missing message is replaced by: 'none' (nothing comes out), 'null' or a number."),
    deleteAll: t.bool('Whether a deleted group makes it forget how far all groups have come.').default(false)
  },
  validate: ({ as, delimiter }, { parents }) =>
    refusePrefixes('join', as, delimiter, { count: parents.length, called: 'joined streams' }),
  requiredFields: ({ as, delimiter }, below) => requireBehindPrefixes(as, delimiter, below),
  examples: [
    {
      script: `var a = stream|from().measurement('a') var b = stream|from().measurement('b') a|join(b).as('a', 'b')`,
      input: 'a v=1 1s\nb v=3 1s\na v=2 2s\nb v=4 3s\na v=5 3s',
      output: 'a a.v=1,b.v=3 1s\na a.v=5,b.v=4 3s'
    }
  ]
})

class Join extends Node<OptionsOf<typeof spec>> {
  readonly #groups: PerGroup<JoinedGroup>
  readonly #pending = new PendingList()
  readonly #sources: number
  readonly #tolerance: Span
  readonly #fills: boolean
  readonly #merger: FieldMerger
  readonly #on: OnMatcher | undefined
  readonly #emitSet: (set: JoinSet) => void
  #givenUp = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { as = [], on = [], delimiter } = options
    this.#groups = new PerGroup(context.newSlot(), true)
    this.#sources = as.length
    this.#tolerance = spanOfNanos(options.tolerance)
    const fill = fillOf(options.fill)
    this.#fills = fill !== undefined
    const prefixes = as.map((name) => name + delimiter)
    this.#merger = new FieldMerger(prefixes, fill)
    this.#emitSet = context.edge === 'stream' ? (set) => this.#emitPoint(set) : (set) => this.#emitJoinedBatch(set)
    if (on.length > 0) {
      this.#on = new OnMatcher(on, this.#sources, this.#pending, (group, source, message, time) =>
        this.#joinedOf(group).collect(source, message, time)
      )
    }
  }

  override point(point: Point, source: number): void {
    this.#take(point, source, round(point.time, this.#tolerance))
  }

  override batch(batch: Batch, source: number): void {
    this.#take(batch, source, round(batch.tmax, this.#tolerance))
  }

  override barrier({ group, time }: Barrier, source: number): void {
    const joined = this.#joinedOf(group)
    joined.advance(source, round(time, this.#tolerance))
    this.emitBarrier({ group: joined.out, time })
  }

  override deleteGroup(group: Group, source: number): void {
    if (this.options.deleteAll) this.#on?.forgetMarks()
    this.#on?.deleteGroup(group, source)
    const joined = this.#groups.get(group)
    joined?.clear()
    this.#groups.delete(group)
    this.emitDelete(joined?.out ?? group)
  }

  /** What waits in the buffers of `on` is lost, as in Kapacitor. */
  override finish(): void {
    for (const [, joined] of this.#groups.entries()) joined.flush()
  }

  override get cardinality(): number {
    return this.#groups.size
  }

  #take(message: Message, source: number, time: Instant): void {
    if (this.#on === undefined) this.#joinedOf(message.group).collect(source, message, time)
    else this.#on.take(source, message, time)
    if (this.#pending.weight > MAX_PENDING) this.#giveUpOldest()
  }

  /**
   * Differs: where Kapacitor keeps what waits for a silent node without bound, here the oldest is treated as it would
   * be at the end of input.
   */
  #giveUpOldest(): void {
    while (this.#pending.weight > MAX_PENDING) {
      this.#pending.oldest!.giveUp()
      this.#givenUp++
    }
    this.error('too many messages wait to be joined, gave up the oldest', { givenUp: this.#givenUp })
  }

  #joinedOf(group: Group): JoinedGroup {
    let joined = this.#groups.get(group)
    if (joined === undefined) {
      joined = new JoinedGroup(group, this.#outOf(group), this.#sources, this.#pending, this.#emitSet)
      this.#groups.set(group, joined)
    } else if (joined.out.isForgotten) {
      joined.out = this.#outOf(group)
    }
    return joined
  }

  /** The name is a part of the group where grouped by measurement, and `streamName` changes it. */
  #outOf(group: Group): Group {
    const { streamName } = this.options
    if (streamName === '' || !group.dimensions.byName) return group
    return this.context.groups.get(streamName, group.tags, group.dimensions)
  }

  #emitPoint({ parts, joined, isComplete, time }: JoinSet): void {
    if (!isComplete && !this.#fills) return
    const points = parts as readonly (Point | undefined)[]
    const first = firstOf(points)
    const series = joined.seriesOf(this.options.streamName || first.name)
    this.emit(this.#merger.merge(points, first.schema, series, joined.out, time))
  }

  /** Emits an empty batch where no times agree. */
  #emitJoinedBatch({ parts, joined, time }: JoinSet): void {
    const batches = parts as readonly (Batch | undefined)[]
    const name = this.options.streamName || firstOf(batches).name
    const series = joined.seriesOf(name)
    const points = mergeBatches(batches, this.#tolerance, this.#fills, this.#merger, series, joined.out)
    this.emitBatch(new Batch(name, joined.out, time, points))
  }
}

function firstOf<T>(parts: readonly (T | undefined)[]): T {
  for (const part of parts) if (part !== undefined) return part
  throw new Error('a set holds at least one message')
}

/** @throws StartError */
function fillOf(fill: ScriptValue | undefined): Fill | undefined {
  switch (fill?.type) {
    case 'int':
    case 'float':
      return { type: fill.type, value: fill.value }
    case 'string':
      if (fill.value === 'null') return { type: 'null', value: null }
      if (fill.value !== 'none') throw new StartError(`unexpected fill option ${fill.value}`)
      return undefined
    default:
      return undefined
  }
}

export default defineNode(spec, Join)
