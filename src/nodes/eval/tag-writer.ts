import type { NodeContext } from '../../graph/node.ts'
import type { Group, GroupRegistry } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import type { Series } from '../../model/series.ts'
import type { FieldType } from '../../model/value.ts'
import type { EvalPlan, Results } from './plan.ts'

/** A series with tags that an eval node made of one of its points, and the last group that was asked for. */
export interface Written {
  readonly values: readonly string[]
  readonly series: Series
  from: Group | undefined
  to: Group | undefined
}

/** What a series became lately. */
interface Known {
  readonly written: Written[]
  /** Where the next one goes: the oldest makes room. */
  next: number
}

const MAX_KNOWN = 8

/** How Go prints the types that a tag cannot have. */
const GO_TYPES: Readonly<Record<FieldType, string>> = {
  int: 'int64',
  float: 'float64',
  string: 'string',
  boolean: 'bool',
  duration: 'time.Duration',
  null: '<nil>'
}

/**
 * Turns results into tags. A series remembers what it became lately, since made tags mostly have few values: so the
 * nodes below see the same few series, of which they remember things as well.
 */
export class TagWriter {
  readonly #groups: GroupRegistry
  readonly #slot: number
  readonly #names: readonly string[]
  /** Values of the tags of the present point. */
  readonly #values: string[] = []

  constructor(context: NodeContext, names: readonly string[]) {
    this.#groups = context.groups
    this.#slot = context.newSeriesSlot()
    this.#names = names
  }

  /** @returns Why not, where a result is no string. */
  write(point: Point, plan: EvalPlan, results: Results): Written | string {
    const { series, schema } = point
    const values = this.#values
    for (let i = 0; i < plan.tags.length; i++) {
      const { kind, index } = plan.tags[i]!
      const type = kind === 'tag' ? 'string' : kind === 'field' ? schema.types[index]! : results[index]!.type
      if (type !== 'string') return `result of a tag expression must be of type string, got ${GO_TYPES[type]}`
      const value =
        kind === 'tag' ? series.tags.values[index] : kind === 'field' ? point.values[index] : results[index]!.value
      values[i] = value as string
    }

    let known = series.slots[this.#slot] as Known | undefined
    if (known === undefined) series.slots[this.#slot] = known = { written: [], next: 0 }
    for (const written of known.written) if (areSame(written.values, values)) return written
    const tags = series.tags.with(values.map((value, i) => [this.#names[i]!, value]))
    const written: Written = { values: values.slice(), series: series.withTags(tags), from: undefined, to: undefined }
    known.written[known.next] = written
    known.next = (known.next + 1) % MAX_KNOWN
    return written
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

function areSame(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
