import type { Instant } from '../../core/instant.ts'
import type { NodeDefinition } from '../../graph/node.ts'
import type { Group } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import type { Value } from '../../model/value.ts'
import { type Accumulator, type CollectingFunction, CollectingNode, type OpenSet } from './collecting-node.ts'
import { type CommonOptions, defineFunction, type FunctionArgs, type FunctionParts, requireField } from './function.ts'

/** Comes to one value, which by most belongs to no point. */
export interface Aggregate extends Accumulator {
  result(): Value
  /** Time of the point whose value the result is, where it is one's. */
  pointTime?(): Instant | undefined
}

class AggregateNode<O extends CommonOptions> extends CollectingNode<O, Aggregate> {
  protected override emitResult(set: OpenSet<Aggregate>, aggregate: Aggregate, group: Group, time: Instant): void {
    const pointTime = this.options.usePointTimes ? aggregate.pointTime?.() : undefined
    const series = this.seriesOf(set, group)
    this.emit(new Point(series, group, pointTime ?? time, this.result.schemaFor(set.type), [aggregate.result()]))
  }
}

/** Defines a function that makes one point of a set: the group's tags and the result. */
export function aggregate<const A extends FunctionArgs>(
  parts: FunctionParts<A, Aggregate> & Pick<CollectingFunction<never, Aggregate>, 'emitsEmpty'>
): NodeDefinition {
  return defineFunction(parts, 'stream', requireField, AggregateNode)
}
