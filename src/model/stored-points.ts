import { Instant } from '../core/instant.ts'
import type { Group } from './group.ts'
import { Point } from './point.ts'
import { Schema } from './schema.ts'
import { Series, Tags } from './series.ts'
import type { FieldType, Value } from './value.ts'

export type StoredInstant = readonly [ms: number, ns: number]

/** Points of one group as plain data; what they have in common is there once. */
export type StoredPoints = {
  readonly series: readonly StoredSeries[]
  readonly schemas: readonly (readonly [names: readonly string[], types: readonly FieldType[]])[]
  readonly points: readonly (readonly [series: number, schema: number, ...StoredInstant, values: readonly Value[]])[]
}

type StoredSeries = readonly [
  database: string,
  retentionPolicy: string,
  name: string,
  tags: readonly (readonly [name: string, value: string])[]
]

export function saveInstant({ ms, ns }: Instant): StoredInstant {
  return [ms, ns]
}

export function loadInstant([ms, ns]: StoredInstant): Instant {
  return new Instant(ms, ns)
}

export function savePoints(points: readonly Point[]): StoredPoints {
  const series = new Map<Series, number>()
  const schemas = new Map<Schema, number>()
  const stored = points.map(
    (point) =>
      [
        numberOf(series, point.series),
        numberOf(schemas, point.schema),
        ...saveInstant(point.time),
        point.values.slice()
      ] as const
  )
  return {
    series: [...series.keys()].map((key) => [key.database, key.retentionPolicy, key.name, [...key.tags.entries()]]),
    schemas: [...schemas.keys()].map(({ names, types }) => [names.slice(), types.slice()]),
    points: stored
  }
}

export function loadPoints(stored: StoredPoints, group: Group): Point[] {
  const series = stored.series.map(
    ([database, retentionPolicy, name, tags]) => new Series(database, retentionPolicy, name, Tags.of(tags))
  )
  const schemas = stored.schemas.map(([names, types]) => Schema.of(names, types))
  return stored.points.map(
    ([place, shape, ms, ns, values]) => new Point(series[place]!, group, new Instant(ms, ns), schemas[shape]!, values)
  )
}

function numberOf<T>(numbers: Map<T, number>, thing: T): number {
  let number = numbers.get(thing)
  if (number === undefined) numbers.set(thing, (number = numbers.size))
  return number
}
