import { type Instant, isBefore, plus, round, type Span, spanOfNanos, truncate } from '../core/instant.ts'
import { awaitTime, type Timer } from '../core/clock.ts'
import type { GroupCount } from '../graph/edge.ts'
import type { GraphBuilder, NodeRef } from '../graph/link.ts'
import { defineNode, Node, type NodeContext, StartError } from '../graph/node.ts'
import type { PerGroup } from '../graph/per-group.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import type { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import { Schema } from '../model/schema.ts'
import { Series } from '../model/series.ts'
import { tooOften } from './too-often.ts'

const spec = nodeSpec({
  name: 'stats',
  wants: 'either',
  provides: 'stream',
  summary: 'Emits, every so often by the clock, how many points each group of a node has let out.',
  offeredBy: 'every',
  args: { interval: t.duration('Time between two emissions.') },
  properties: { align: t.flag('Emits on multiples of the interval.') },
  link(builder, parent, self) {
    observe(builder, parent, self)
    return self
  },
  requiredFields: () => new Set()
})

/** Option of a stats node, beside those that a script sets: the node that it observes. */
const OBSERVED = 'observed'

/** Puts a stats node into the graph: a source, of which the observed node knows nothing but an edge to count on. */
export function observe(builder: GraphBuilder, observed: NodeRef, stats: NodeRef): void {
  stats.options[OBSERVED] = observed
  builder.addSource(stats)
  if (observed.children.length === 0) {
    builder.link(observed, builder.create('noop', {}, observed.provides ?? observed.wants))
  }
}

const SCHEMA = Schema.of(['emitted'], ['int'])

class Stats extends Node<OptionsOf<typeof spec>> {
  readonly #interval: Span
  readonly #intervalMs: number
  readonly #slot: number
  /** What a group that is counted is called in what comes out. */
  readonly #outputs = new WeakMap<Group, { readonly series: Series; readonly group: Group }>()
  #counts: PerGroup<GroupCount> | undefined
  #timer: Timer | undefined

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    if (options.interval <= 0n) throw new StartError('stats node must have positive interval')
    const problem = tooOften('interval', options.interval)
    if (problem !== undefined) throw new StartError(`stats node: ${problem}`)
    this.#interval = spanOfNanos(options.interval)
    this.#intervalMs = Number(options.interval) / 1e6
    this.#slot = context.newSlot()
  }

  /** The edge to the child that was defined last is the one that counts. */
  override start(): void {
    const observed = this.context.node.options[OBSERVED] as NodeRef
    this.#counts = this.context.running(observed).out.at(-1)!.observe(this.#slot)
    if (this.options.align) this.#waitForBoundary(this.context.ports.clock.now())
    else this.#wait(this.context.ports.clock.elapsedMs())
  }

  override stop(): void {
    this.#timer?.cancel()
  }

  /** @param lastMs When the last emission was due, by `elapsedMs`. Like a ticker, it does not make up for missed ones. */
  #wait(lastMs: number): void {
    const { clock } = this.context.ports
    const nowMs = clock.elapsedMs()
    const dueMs = lastMs + (Math.floor((nowMs - lastMs) / this.#intervalMs) + 1) * this.#intervalMs
    this.#timer = clock.after(Math.ceil(dueMs - nowMs), () => {
      this.#wait(dueMs)
      this.#emitCounts()
    })
  }

  #waitForBoundary(last: Instant): void {
    const { clock } = this.context.ports
    const due = this.#boundaryAfter(last)
    this.#timer = awaitTime(clock, due, () => {
      const now = clock.now()
      // The clock was set back.
      if (isBefore(now, due)) return this.#waitForBoundary(now)
      this.#waitForBoundary(now)
      this.#emitCounts()
    })
  }

  /** Differs: the first point too is labelled with the boundary at which it is emitted, not with one before the wait. */
  #emitCounts(): void {
    const now = this.context.ports.clock.now()
    const time = this.options.align ? round(now, this.#interval) : now
    const counts = this.#counts!
    if (counts.size === 0) this.#emitCount(this.context.groups.nil, 0, time)
    for (const [group, { points }] of counts.entries()) this.#emitCount(group, points, time)
  }

  #emitCount(counted: Group, points: number, time: Instant): void {
    const { series, group } = this.#outputOf(counted)
    this.emit(new Point(series, group, time, SCHEMA, [points]))
  }

  #outputOf(counted: Group): { readonly series: Series; readonly group: Group } {
    let output = this.#outputs.get(counted)
    if (output === undefined || output.group.isForgotten) {
      const series = new Series('', '', 'stats', counted.tags)
      output = { series, group: this.context.groups.regroup(series, counted) }
      this.#outputs.set(counted, output)
    }
    return output
  }

  #boundaryAfter(time: Instant): Instant {
    return plus(truncate(time, this.#interval), this.#interval)
  }
}

export default defineNode(spec, Stats)
