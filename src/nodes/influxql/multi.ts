import type { Instant } from '../../core/instant.ts'
import { isBefore } from '../../core/instant.ts'
import type { NodeContext, NodeDefinition } from '../../graph/node.ts'
import type { RequiredFields } from '../../graph/spec.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import type { Series } from '../../model/series.ts'
import { type Tags } from '../../model/series.ts'
import type { Value } from '../../model/value.ts'
import { type Accumulator, type CollectingFunction, CollectingNode, type OpenSet } from './collecting-node.ts'
import {
  type CommonOptions,
  defineFunction,
  type FunctionArgs,
  type FunctionOptions,
  type FunctionParts
} from './function.ts'

export interface Result {
  readonly value: Value
  readonly time: Instant
  /** The point whose tags the output gets beside the group's. */
  readonly point?: Point
}

/** Comes to any number of values. */
export interface Multi extends Accumulator {
  /** Results in the order of the output; a text says why there are none, which is an error of the set. */
  results(): readonly Result[] | string
}

interface MultiFunction<O> extends CollectingFunction<O, Multi> {
  /** Results have times of their own, whatever the script says. */
  readonly hasOwnTimes?: boolean
}

class MultiNode<O extends CommonOptions> extends CollectingNode<O, Multi> {
  readonly #usesPointTimes: boolean

  constructor(definition: MultiFunction<O>, options: O, context: NodeContext) {
    super(definition, options, context)
    this.#usesPointTimes = options.usePointTimes || definition.hasOwnTimes === true
  }

  protected override emitResult(set: OpenSet<Multi>, multi: Multi, group: Group, time: Instant): void {
    let results = multi.results()
    if (typeof results === 'string') {
      this.error('failed to emit batch', { err: results })
      results = []
    }
    const groupSeries = this.seriesOf(set, group)
    const schema = this.result.schemaFor(set.type)
    let tmax = time
    const points = results.map((result) => {
      const outputTime = this.#usesPointTimes ? result.time : time
      if (isBefore(tmax, outputTime)) tmax = outputTime
      const series = result.point === undefined ? groupSeries : mergeTags(groupSeries, result.point.series.tags)
      return new Point(series, group, outputTime, schema, [result.value])
    })
    this.emitBatch(new Batch(groupSeries.name, group, tmax, points))
  }
}

/** Defines a function that makes a batch of a set, its points having the result alone. */
export function multi<const A extends FunctionArgs>(
  parts: FunctionParts<A, Multi> & Pick<MultiFunction<never>, 'hasOwnTimes'>,
  requiredFields: (options: FunctionOptions<A>) => RequiredFields
): NodeDefinition {
  return defineFunction(parts, 'batch', requiredFields, MultiNode)
}

function mergeTags(series: Series, tags: Tags): Series {
  if (tags.size === 0) return series
  const isComplete = series.tags.keys.names.every((name) => tags.has(name))
  return series.withTags(isComplete ? tags : series.tags.with(tags.entries()))
}
