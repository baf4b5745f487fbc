import { durationNs, plain, type Row, rowOfBatch, textOf, type WindowBatch } from './model.ts'

export interface Entry {
  readonly tags: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, Value>>
  readonly timeNs: bigint
}

interface Value {
  readonly type: 'float' | 'int' | 'string' | 'boolean'
  readonly value: number | bigint | string | boolean
}

/** A point that has the field, and the value of it. */
interface Item {
  readonly point: Entry
  readonly value: Value['value']
}

type Order = (a: Item, b: Item) => number

/** Rows that a call over batches posts; undefined where the model does not know them. */
export function functionOf(call: string): ((batches: readonly WindowBatch[]) => Row[] | undefined) | undefined {
  const [, name = '', list = ''] = /^\|(\w+)\(([^)]*)\)(\.usePointTimes\(\))?$/.exec(call) ?? []
  const usesPointTimes = call.endsWith('.usePointTimes()')
  const args = list.split(', ')
  const isRanking = name === 'top' || name === 'bottom'
  const field = (isRanking ? args[1] : args[0])?.replaceAll("'", '') ?? ''
  const number = Number(isRanking ? args[0] : args[1])
  if (name in AGGREGATES) {
    // Of aggregates with the times of points little is told.
    if (usesPointTimes) return undefined
    return (batches) => all(batches, (batch) => aggregated(name, field, batch))
  }
  if (name in SELECTORS || name === 'percentile') {
    return (batches) => all(batches, (batch) => selected(name, field, number, usesPointTimes, batch))
  }
  if (isRanking) return (batches) => all(batches, (batch) => ranked(name, field, number, usesPointTimes, batch))
  if (name === 'distinct') return (batches) => batches.flatMap((batch) => distinct(field, usesPointTimes, batch))
  if (name in TRANSFORMS) {
    const unit = name === 'elapsed' ? durationNs(args[1]!) : 1n
    return (batches) => all(batches, (batch) => transformed(name, field, name === 'elapsed' ? unit : number, batch))
  }
  return undefined
}

/** Undefined as soon as one batch has no certain answer. */
function all(batches: readonly WindowBatch[], rowsOf: (batch: WindowBatch) => Row[] | undefined): Row[] | undefined {
  const rows: Row[] = []
  for (const batch of batches) {
    const own = rowsOf(batch)
    if (own === undefined) return undefined
    rows.push(...own)
  }
  return rows
}

const NUMBERS = ['float', 'int']
const ALL = ['float', 'int', 'string', 'boolean']
/** Types that functions take, where not numbers alone. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  count: ALL,
  first: ALL,
  last: ALL,
  distinct: ALL,
  elapsed: ALL
}

/** Points of the type that the first one that can be used has. */
function itemsOf(name: string, field: string, { points }: WindowBatch): Item[] {
  const types = TYPES[name] ?? NUMBERS
  const type = points.map((point) => point.fields[field]?.type).find((one) => one !== undefined && types.includes(one))
  return points.flatMap((point) => {
    const value = point.fields[field]
    return value === undefined || value.type !== type ? [] : [{ point, value: value.value }]
  })
}

function numbers(items: readonly Item[]): number[] {
  return items.map(({ value }) => Number(value))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Which of several values that are as frequent is the mode, nothing tells. */
const UNKNOWN = Symbol('unknown')

const AGGREGATES: Readonly<Record<string, (items: readonly Item[]) => unknown>> = {
  count: (items) => items.length,
  sum: (items) => {
    if (typeof items[0]?.value !== 'bigint') return sum(numbers(items))
    return Number(
      BigInt.asIntN(
        64,
        items.reduce((total, { value }) => total + (value as bigint), 0n)
      )
    )
  },
  mean: (items) => {
    if (typeof items[0]!.value !== 'bigint') return sum(numbers(items)) / items.length
    const total = BigInt.asIntN(
      64,
      items.reduce((all, { value }) => all + (value as bigint), 0n)
    )
    return Number(total) / items.length
  },
  median: (items) => {
    const sorted = numbers(items).sort((a, b) => a - b)
    const middle = sorted.length >> 1
    if (sorted.length % 2 === 1) return sorted[middle]
    const [low, high] = [sorted[middle - 1]!, sorted[middle]!]
    return low + (high - low) / 2
  },
  mode: (items) => {
    const counts = new Map<unknown, number>()
    for (const { value } of items) counts.set(value, (counts.get(value) ?? 0) + 1)
    const [first, second] = [...counts].sort(([, a], [, b]) => b - a)
    return first![1] === second?.[1] ? UNKNOWN : plain(first![0])
  },
  spread: (items) => {
    if (typeof items[0]!.value !== 'bigint') return Math.max(...numbers(items)) - Math.min(...numbers(items))
    const sorted = items.map(({ value }) => value as bigint).sort(compareTo)
    return Number(BigInt.asIntN(64, sorted.at(-1)! - sorted[0]!))
  },
  stddev: (items) => {
    const values = numbers(items)
    const mean = sum(values) / values.length
    const deviation = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1))
    return deviation
  }
}

function aggregated(name: string, field: string, batch: WindowBatch): Row[] | undefined {
  const items = itemsOf(name, field, batch)
  // Only these two say something of nothing.
  if (items.length === 0 && name !== 'count' && name !== 'sum') return []
  const value = AGGREGATES[name]!(items)
  if (value === UNKNOWN) return undefined
  if (Number.isNaN(value)) return [] // JSON has no word for it.
  return [{ ...headOf(batch), columns: ['time', name], values: [[textOf(batch.tmax), value]] }]
}

const byTime: Order = (a, b) => compareTo(a.point.timeNs, b.point.timeNs)
const byValue: Order = (a, b) => compareTo(a.value, b.value)

/** The point that comes first in the order. */
const SELECTORS: Readonly<Record<string, Order>> = {
  first: (a, b) => byTime(a, b) || (typeof a.value === 'boolean' ? byValue(a, b) : -byValue(a, b)),
  last: (a, b) => -byTime(a, b) || -byValue(a, b),
  min: (a, b) => byValue(a, b) || byTime(a, b),
  max: (a, b) => -byValue(a, b) || byTime(a, b)
}

function selected(
  name: string,
  field: string,
  percent: number,
  usesPointTimes: boolean,
  batch: WindowBatch
): Row[] | undefined {
  const items = itemsOf(name, field, batch)
  const order = SELECTORS[name] ?? byValue
  const sorted = [...items].sort(order)
  const at = name === 'percentile' ? Math.floor((items.length * percent) / 100 + 0.5) - 1 : 0
  const item = sorted[at]
  if (item === undefined) return []
  // Which of those that are alike is taken, nothing tells.
  if (items.filter((other) => order(item, other) === 0).length > 1) return undefined
  const { [field]: value, ...others } = item.point.fields
  const fields: Record<string, Value> = { ...others, [name]: value! }
  const names = Object.keys(fields).sort()
  const time = textOf(usesPointTimes ? item.point.timeNs : batch.tmax)
  const { tags } = item.point
  return [
    {
      name: 'm',
      ...(Object.keys(tags).length > 0 && { tags }),
      columns: ['time', ...names],
      values: [[time, ...names.map((key) => plain(fields[key]!.value))]]
    }
  ]
}

function ranked(
  name: string,
  field: string,
  count: number,
  usesPointTimes: boolean,
  batch: WindowBatch
): Row[] | undefined {
  const items = itemsOf(name, field, batch)
  if (items.length === 0) return []
  const order: Order = name === 'top' ? SELECTORS['max']! : SELECTORS['min']!
  const sorted = [...items].sort(order)
  if (sorted.some((item, i) => i > 0 && order(sorted[i - 1]!, item) === 0)) return undefined
  return [manyRow(name, sorted.slice(0, count), usesPointTimes, batch, true)]
}

function distinct(field: string, usesPointTimes: boolean, batch: WindowBatch): Row[] {
  const items = itemsOf('distinct', field, batch)
  if (items.length === 0) return []
  const first = new Map<unknown, Item>()
  for (const item of items) if (!first.has(item.value)) first.set(item.value, item)
  const sorted = [...first.values()].sort((a, b) => byTime(a, b) || byValue(a, b))
  return [manyRow('distinct', sorted, usesPointTimes, batch, false)]
}

function manyRow(
  name: string,
  items: readonly Item[],
  usesPointTimes: boolean,
  batch: WindowBatch,
  keepsTags: boolean
): Row {
  const points = items.map(({ point, value }) => ({
    tags: keepsTags ? { ...batch.tags, ...point.tags } : batch.tags,
    fields: { [name]: { type: 'float' as const, value } },
    timeNs: usesPointTimes ? point.timeNs : batch.tmax
  }))
  return rowOfBatch({ tags: batch.tags, points })
}

/** Each from the values so far, and the argument of the call; undefined: no point. */
const TRANSFORMS: Readonly<Record<string, (items: readonly Item[], argument: number | bigint) => unknown>> = {
  elapsed: (items, unit) => {
    const [previous, current] = items.slice(-2)
    if (current === undefined) return undefined
    return floorDivided(current.point.timeNs - previous!.point.timeNs, unit as bigint)
  },
  difference: (items) => {
    const [previous, current] = items.slice(-2)
    if (current === undefined || current.point.timeNs === previous!.point.timeNs) return undefined
    return typeof current.value === 'bigint'
      ? BigInt.asIntN(64, current.value - (previous!.value as bigint))
      : Number(current.value) - Number(previous!.value)
  },
  cumulativeSum: (items) => AGGREGATES['sum']!(items),
  movingAverage: (items, size) =>
    items.length < Number(size) ? undefined : sum(numbers(items.slice(-Number(size)))) / Number(size)
}

function transformed(name: string, field: string, argument: number | bigint, batch: WindowBatch): Row[] | undefined {
  const items = itemsOf(name, field, batch)
  // What a point without the field leads to is not told.
  if (items.length < batch.points.length) return undefined
  const kept = name === 'difference' ? withoutEqualTimes(items) : items
  const points = kept.flatMap((item, i) => {
    const value = TRANSFORMS[name]!(kept.slice(0, i + 1), argument)
    if (value === undefined) return []
    return [
      {
        tags: batch.tags,
        fields: { [name]: { type: 'float' as const, value: value as number } },
        timeNs: item.point.timeNs
      }
    ]
  })
  return [rowOfBatch({ tags: batch.tags, points })]
}

/** A point with the time of the one before is as if it were not there. */
function withoutEqualTimes(items: readonly Item[]): Item[] {
  const kept: Item[] = []
  for (const item of items) if (kept.at(-1)?.point.timeNs !== item.point.timeNs) kept.push(item)
  return kept
}

function floorDivided(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n)
}

function headOf({ tags }: WindowBatch): Pick<Row, 'name' | 'tags'> {
  return { name: 'm', ...(Object.keys(tags).length > 0 && { tags }) }
}

function compareTo(a: unknown, b: unknown): number {
  const [x, y] = [a as number, b as number]
  return x < y ? -1 : x > y ? 1 : 0
}
