import { round, type Span, spanOfNanos, truncate } from '../core/instant.ts'
import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import type { ColumnReader } from '../graph/column-reader.ts'
import { nodeSpec, type OptionsOf, t, unionOfFields } from '../graph/spec.ts'
import { FAILED, type LambdaInstance, TRUE } from '../lambda/contract.ts'
import type { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import type { PointColumns } from '../model/point-columns.ts'
import type { Expression, LambdaNode } from '../tick/ast.ts'
import { DimensionRule, refuseDimensions } from './dimensions.ts'
import { compileOrRefuse, isPure, referencesOf } from './lambda.ts'

const spec = nodeSpec({
  name: 'from',
  wants: 'stream',
  provides: 'stream',
  summary: 'Selects points of the stream by database, retention policy, measurement and condition, and groups them.',
  offeredBy: ['stream', 'from'],
  properties: {
    database: t.string('Database; empty: any.').default(''),
    retentionPolicy: t.string('Retention policy; empty: any.').default(''),
    measurement: t.string('Measurement; empty: any.').default(''),
    where: t.call('Condition; several are joined with AND.', { condition: t.lambda('Condition.') }).merged(conjoin),
    groupBy: t.list(t.any('Tags to group by, or `*` for all.')),
    groupByMeasurement: t.flag('Group by measurement as well.'),
    truncate: t.duration('Rounds times down to a multiple of it.').default(0n),
    round: t.duration('Rounds times to the nearest multiple of it, after truncate.').default(0n)
  },
  validate: ({ groupBy }) => refuseDimensions(groupBy ?? []),
  requiredFields: ({ where }, below) => unionOfFields(referencesOf(where?.condition), below),
  examples: [
    {
      script: `stream|from().measurement('cpu').where(lambda: "host" == 'a').truncate(10s)`,
      input: 'cpu,host=a v=1 14s\ncpu,host=b v=2 15s\nmem,host=a v=3 16s',
      output: 'cpu,host=a v=1 10s'
    }
  ]
})

/** What is known of a series: its group, and the verdict of a condition that depends on tags alone. */
class Selected {
  readonly group: Group
  /** The schema for which `verdict` holds. */
  schema: Schema | undefined
  verdict = false
  constructor(group: Group) {
    this.group = group
  }
}

const REJECTED = null

class From extends Node<OptionsOf<typeof spec>> implements ColumnReader {
  readonly #dimensions: DimensionRule
  readonly #slot: number
  readonly #condition: LambdaInstance | undefined
  readonly #references: readonly string[]
  /** Whether the answer of the condition depends on nothing but what it reads. */
  readonly #isPure: boolean
  readonly #truncate: Span
  readonly #round: Span
  readonly #adjustsTime: boolean

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#dimensions = new DimensionRule(options.groupBy ?? [])
    this.#slot = context.newSeriesSlot()
    const condition = options.where?.condition
    const compiled = condition && compileOrRefuse(condition, 'Failed to compile from expression: ')
    this.#condition = compiled?.instantiate()
    this.#references = compiled?.references ?? []
    this.#isPure = condition !== undefined && isPure(condition)
    this.#truncate = spanOfNanos(options.truncate)
    this.#round = spanOfNanos(options.round)
    this.#adjustsTime = options.truncate > 0n || options.round > 0n
  }

  readColumns(columns: PointColumns, start: number): void {
    const slot = this.#slot
    const { series, times, schemas, values, length } = columns
    for (let i = start; i < length; i++) {
      const current = series[i]!
      let selected = current.slots[slot] as Selected | null | undefined
      if (selected === undefined || selected?.group.isForgotten === true)
        current.slots[slot] = selected = this.#select(current)
      if (selected === REJECTED) continue
      const schema = schemas[i]!
      if (selected.schema === schema) {
        if (!selected.verdict) continue
        this.#pass(new Point(current, selected.group, times[i]!, schema, values[i]!))
      } else this.#decide(new Point(current, selected.group, times[i]!, schema, values[i]!), selected)
    }
  }

  override point(point: Point): void {
    const selected = this.#select(point.series)
    if (selected !== REJECTED) this.#decide(point.withGroup(selected.group), selected)
  }

  #select(series: Series): Selected | null {
    const { database, retentionPolicy, measurement, groupByMeasurement } = this.options
    if (measurement !== '' && series.name !== measurement) return REJECTED
    if (database !== '' && series.database !== database) return REJECTED
    if (retentionPolicy !== '' && series.retentionPolicy !== retentionPolicy) return REJECTED
    const dimensions = this.#dimensions.dimensionsOf(series.tags, groupByMeasurement)
    return new Selected(this.context.groups.get(series.name, series.tags, dimensions))
  }

  #decide(point: Point, selected: Selected): void {
    const condition = this.#condition
    if (condition === undefined) {
      selected.schema = point.schema
      selected.verdict = true
    } else {
      const verdict = condition.test(point)
      if (verdict === FAILED) return this.error('failed to evaluate WHERE expression', { err: condition.error })
      if (this.#isPure && this.#references.every((name) => point.schema.indexOf(name) < 0)) {
        selected.schema = point.schema
        selected.verdict = verdict === TRUE
      }
      if (verdict !== TRUE) return
    }
    this.#pass(point)
  }

  #pass(point: Point): void {
    if (!this.#adjustsTime) return this.emit(point)
    this.emit(point.withTime(round(truncate(point.time, this.#truncate), this.#round)))
  }
}

/**
 * Joins a further condition to the first, in place: as in Kapacitor, where the first came from a variable every other
 * use of the variable has the further condition, too.
 */
function conjoin(first: { readonly condition: LambdaNode }, next: { readonly condition: LambdaNode }): void {
  const { condition } = first as { condition: { body: Expression; at: LambdaNode['at'] } }
  condition.body = {
    kind: 'binary',
    operator: 'AND',
    at: condition.at,
    left: condition.body,
    right: next.condition.body,
    parenthesised: false,
    multiLine: false
  }
}

export default defineNode(spec, From)
