import type { Instant } from '../../core/instant.ts'
import { GroupedNode } from '../../graph/grouped-node.ts'
import type { NodeContext, NodeDefinition } from '../../graph/node.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import { Series } from '../../model/series.ts'
import type { FieldType, Value } from '../../model/value.ts'
import { mismatch, unusableField } from './collecting-node.ts'
import { FieldReader, ResultField } from './field.ts'
import {
  type CommonOptions,
  defineFunction,
  requireField,
  type FunctionArgs,
  type FunctionParts,
  type PerType
} from './function.ts'

/** Makes at most one value of each value, from those before it. */
export interface Transform {
  next(value: Value, time: Instant): Value | undefined
}

interface TransformFunction<O> {
  readonly accepts: PerType<O, Transform>
  readonly result: 'same' | 'int' | 'float'
  /** A point without a usable value gives the last result, if any, once more, with its time. */
  readonly repeats?: boolean
}

/** What a group has seen: its whole stream, or its batch so far. */
class History {
  /** Type of the first usable value; 'null' until there is one. */
  type: FieldType = 'null'
  transform: Transform | undefined
  value: Value | undefined
  time: Instant | undefined
  series: Series | undefined
}

class TransformNode<O extends CommonOptions> extends GroupedNode<O, History> {
  readonly #function: TransformFunction<O>
  readonly #field: FieldReader
  readonly #result: ResultField

  constructor(definition: TransformFunction<O>, options: O, context: NodeContext) {
    super(options, context)
    this.#function = definition
    this.#field = new FieldReader(options.field)
    this.#result = new ResultField(options.as, definition.result)
  }

  protected override createState(): History {
    return new History()
  }

  override point(point: Point): void {
    const history = this.stateOf(point.group)
    history.series ??= new Series('', '', point.name, point.group.tags)
    const output = this.#next(history, point, point.group)
    if (output !== undefined) this.emit(output)
  }

  override batch(batch: Batch): void {
    const { name, group, tmax } = batch
    const history = this.stateOf(group)
    if (history.series?.name !== name) history.series = new Series('', '', name, group.tags)
    history.type = 'null'
    const points: Point[] = []
    for (const point of batch.points) {
      const output = this.#next(history, point, group)
      if (output !== undefined) points.push(output)
    }
    this.emitBatch(new Batch(name, group, tmax, points))
  }

  #next(history: History, point: Point, group: Group): Point | undefined {
    const field = this.#field
    if (point.schema !== field.schema) field.setSchema(point.schema)
    if (field.type === history.type ? field.type === 'null' : !this.#begins(history)) {
      this.#refuse(history)
      if (history.type === 'null' || this.#function.repeats !== true) return undefined
    } else {
      history.value = history.transform!.next(point.values[field.index]!, point.time)
      history.time = point.time
    }
    const { value } = history
    if (value === undefined) return undefined
    return new Point(history.series!, group, history.time!, this.#result.schemaFor(history.type), [value])
  }

  /** Whether the value at hand is the first that can be used. */
  #begins(history: History): boolean {
    const { type } = this.#field
    const Class = this.#function.accepts[type]
    if (history.type !== 'null' || Class === undefined) return false
    history.type = type
    history.transform = new Class(this.options)
    history.value = undefined
    return true
  }

  #refuse(history: History): void {
    const { name, type } = this.#field
    if (history.type === 'null') {
      this.error('failed to realize reduce context from fields', {
        err: unusableField(this.context.node.spec.kind, name, type)
      })
    } else {
      const place = this.context.edge === 'batch' ? ' in batch' : ''
      this.error(`failed to aggregate point${place}`, { err: mismatch(name, type, history.type) })
    }
  }
}

/** Defines a function that makes a point of each point: the group's tags, the result, and the point's own time. */
export function transform<const A extends FunctionArgs>(
  parts: FunctionParts<A, Transform> & Pick<TransformFunction<never>, 'repeats'>
): NodeDefinition {
  return defineFunction(parts, 'same', requireField, TransformNode)
}
