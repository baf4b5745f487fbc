import { findProblem } from '../alert.ts'
import { instantOfDate, partsOfDate } from '../date.ts'
import { dateMethods } from '../expression/date-methods.ts'
import { messageOf } from '../../core/errors.ts'
import { Time } from '../../template/time.ts'
import { duration, TIME_METHODS } from '../../template/shared-time-methods.ts'
import { Int, int, type ParamType, type Value } from '../../template/values.ts'

/** What the objects of programs ask of the host: the methods of Go's time, and whether an alert is valid. */
export function askHost(question: string, json: string): string {
  if (question === 'methods') return JSON.stringify([...TIME_METHODS.keys()])
  if (question === 'fault') {
    const [from, title] = JSON.parse(json) as [string, string]
    return JSON.stringify(findProblem({ from, title }) ?? null)
  }
  const [method, date, args] = JSON.parse(json) as [string, string, Argument[]]
  try {
    return JSON.stringify(callMethod(method, date, args))
  } catch (error) {
    return JSON.stringify({ error: messageOf(error) })
  }
}

type Argument = { readonly time: string } | { readonly value?: unknown }
type HostAnswer = { readonly time: string } | { readonly value: unknown }

function callMethod(name: string, date: string, args: readonly Argument[]): HostAnswer {
  const simple = dateMethods.get(name)
  if (simple !== undefined) return { value: simple(date) }
  const { params, call } = TIME_METHODS.get(name)!
  if (args.length !== params.length) throw new TypeError(`${name} takes ${params.length} arguments`)
  const given = params.map((param, index) => argumentOf(param, args[index]!, name))
  const answer = call(timeOf(date), given)
  if (answer instanceof Time) return { time: answer.toJson() }
  return { value: answer instanceof Int ? Number(answer.value) : typeof answer === 'bigint' ? Number(answer) : answer }
}

function argumentOf(param: ParamType, arg: Argument, name: string): Value {
  if ('time' in arg) {
    if (param === 'time.Time') return timeOf(arg.time)
  } else if (param === 'string') {
    if (typeof arg.value === 'string') return arg.value
  } else if (typeof arg.value === 'number' && Number.isInteger(arg.value) && param !== 'time.Time') {
    return param === 'int' ? int(arg.value) : duration(BigInt.asIntN(64, BigInt(arg.value)))
  }
  throw new TypeError(`${name} takes a ${param}`)
}

function timeOf(date: string): Time {
  const { offset } = partsOfDate(date)
  if (offset === 'Z') return new Time(instantOfDate(date))
  const [hours, minutes] = offset.slice(1).split(':').map(Number) as [number, number]
  const seconds = (hours * 60 + minutes) * 60 * (offset.startsWith('-') ? -1 : 1)
  return new Time(instantOfDate(date), seconds, offset.replace(':', ''))
}
