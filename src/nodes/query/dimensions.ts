import type { BatchDimension } from '../../influxdb/query/query-template.ts'
import type { Fill } from '../../influxdb/influxql/ast.ts'
import { StartError } from '../../graph/node.ts'
import { formatFloat } from '../../model/value.ts'
import { hostTypeOf, type ScriptValue } from '../../tick/value.ts'

/** A `groupBy` of a query. @throws StartError */
export function batchDimensions(values: readonly ScriptValue[]): readonly BatchDimension[] {
  const dimensions = values.map(dimensionOf)
  if (dimensions.filter(({ kind }) => kind === 'time').length > 1) {
    throw new StartError('groupBy cannot have more than one time dimension')
  }
  return dimensions
}

function dimensionOf(value: ScriptValue): BatchDimension {
  switch (value.type) {
    case 'string':
      return { kind: 'tag', name: value.value }
    case 'star':
      return { kind: 'all' }
    case 'duration':
      return { kind: 'time', every: value.value, offset: 0n }
    case 'timeDimension':
      return { kind: 'time', every: value.every, offset: value.offset }
    default:
      throw new StartError(`invalid dimension type:${hostTypeOf(value)}, must be string or time.Duration`)
  }
}

/** What a script gives to `fill`. @throws StartError */
export function fillOf(value: ScriptValue | undefined): Fill | undefined {
  switch (value?.type) {
    case 'string':
      switch (value.value) {
        case 'null':
        case 'none':
        case 'previous':
        case 'linear':
          return { kind: value.value }
        default:
          throw new StartError(`unexpected fill option ${value.value}`)
      }
    case 'int':
      return { kind: 'number', value: String(value.value) }
    case 'float':
      return { kind: 'number', value: formatFloat(value.value) }
    default:
      return undefined
  }
}
