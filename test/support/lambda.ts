import { formatGoDuration, parseDuration } from '../../src/core/duration.ts'
import { type Instant, parseInstant } from '../../src/core/instant.ts'
import { compileLambda } from '../../src/lambda/compile.ts'
import type { CompiledLambda, LambdaInstance, ResultType } from '../../src/lambda/contract.ts'
import { GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { Schema } from '../../src/model/schema.ts'
import { Series, Tags } from '../../src/model/series.ts'
import { type FieldType, formatFloat, intOf, type Value } from '../../src/model/value.ts'
import { parseLambda } from '../../src/tick/parser.ts'

/** Compiles; an error is thrown with its text alone. */
export function compiled(text: string): CompiledLambda {
  const parsed = parseLambda(text)
  const result = parsed.ok ? compileLambda(parsed.value) : parsed
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

const { nil } = new GroupRegistry()
const TIME = parseInstant('2017-07-14T02:40:00.000000123Z')!

/**
 * A point in short: `i=5i f=2.5 s="a b" b=true d=90s z=null #host=a` has fields of all types and a tag. A float may be
 * NaN, Infinity and so on.
 */
export function scope(text: string, time: Instant = TIME): Point {
  const names: string[] = []
  const types: FieldType[] = []
  const values: Value[] = []
  const tags: [string, string][] = []
  for (const [, hash, name, quoted, plain] of text.matchAll(/(#?)(\w+)=(?:"([^"]*)"|(\S*))/gu)) {
    if (hash === '#') tags.push([name!, quoted ?? plain!])
    else {
      const [type, value] = quoted === undefined ? literal(plain!) : (['string', quoted] as const)
      names.push(name!)
      types.push(type)
      values.push(value)
    }
  }
  return new Point(new Series('db', 'rp', 'm', Tags.of(tags)), nil, time, Schema.of(names, types), values)
}

function literal(text: string): readonly [FieldType, Value] {
  if (text === 'null') return ['null', null]
  if (text === 'true' || text === 'false') return ['boolean', text === 'true']
  if (/^-?\d+i$/.test(text)) return ['int', intOf(BigInt(text.slice(0, -1)))]
  const duration = parseDuration(text)
  return duration === undefined ? ['float', Number(text)] : ['duration', duration]
}

/** Value mode on a point: `5i`, `2.5`, `"a"`, `true`, `1m30s`, or `! ` and the text of the failure. */
export function evaluated(instance: LambdaInstance, point: Point): string {
  const { schema, values, series, time } = point
  if (!instance.evaluate(schema, values, series.tags, time)) return `! ${instance.error}`
  return shown(instance.type, instance.value)
}

/** Predicate mode: `true`, `false`, or `! ` and the text of the failure. */
export function tested(instance: LambdaInstance, point: Point): string {
  const verdict = instance.test(point)
  return verdict < 0 ? `! ${instance.error}` : String(verdict === 1)
}

export function shown(type: ResultType, value: Value): string {
  switch (type) {
    case 'int':
      return `${value}i`
    case 'float':
      return formatFloat(value as number)
    case 'string':
      return JSON.stringify(value)
    case 'duration':
      return formatGoDuration(value as bigint)
    case 'boolean':
      return String(value)
  }
}

/** Compiles and evaluates once; errors of either show as failures. */
export function valueOf(text: string, fields = ''): string {
  return attempt(() => evaluated(compiled(text).instantiate(), scope(fields)))
}

export function verdictOf(text: string, fields = ''): string {
  return attempt(() => tested(compiled(text).instantiate(), scope(fields)))
}

function attempt(run: () => string): string {
  try {
    return run()
  } catch (error) {
    return `! ${(error as Error).message}`
  }
}
