import type { NodeContext } from '../../graph/node.ts'
import type { Group, GroupRegistry } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import type { Series } from '../../model/series.ts'
import type { FieldType } from '../../model/value.ts'
import type { EvalPlan, Results } from './plan.ts'

/** A series with the tags that an eval node made, and the last group that was asked for. */
export interface Written {
  readonly values: readonly string[]
  readonly series: Series
  from: Group | undefined
  to: Group | undefined
}

/** How Go prints the types that a tag cannot have. */
const GO_TYPES: Readonly<Record<FieldType, string>> = {
  int: 'int64',
  float: 'float64',
  string: 'string',
  boolean: 'bool',
  duration: 'time.Duration',
  null: '<nil>'
}

/** Turns results into tags. A series remembers what it last became, since the tags of its points seldom change. */
export class TagWriter {
  readonly #groups: GroupRegistry
  readonly #slot: number
  readonly #names: readonly string[]

  constructor(context: NodeContext, names: readonly string[]) {
    this.#groups = context.groups
    this.#slot = context.newSeriesSlot()
    this.#names = names
  }

  /** @returns Why not, where a result is no string. */
  write(point: Point, plan: EvalPlan, results: Results): Written | string {
    const { series, schema } = point
    const last = series.slots[this.#slot] as Written | undefined
    let isSame = last !== undefined
    const values: string[] = []
    for (let i = 0; i < plan.tags.length; i++) {
      const { of, index } = plan.tags[i]!
      const type = of === 'tag' ? 'string' : (of === 'field' ? schema.types : results.types)[index]!
      if (type !== 'string') return `result of a tag expression must be of type string, got ${GO_TYPES[type]}`
      const value = (of === 'tag' ? series.tags.values : of === 'field' ? point.values : results.values)[
        index
      ] as string
      isSame &&= value === last!.values[i]
      values.push(value)
    }
    if (isSame) return last!
    const tags = series.tags.with(values.map((value, i) => [this.#names[i]!, value]))
    return (series.slots[this.#slot] = { values, series: series.withTags(tags), from: undefined, to: undefined })
  }

  /** The group of a point of a stream with its new tags. */
  groupOf(written: Written, from: Group): Group {
    if (written.from !== from || written.to!.isForgotten) {
      written.from = from
      written.to = this.#groups.regroup(written.series, from)
    }
    return written.to!
  }
}
