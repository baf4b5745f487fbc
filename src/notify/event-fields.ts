import type { AlertEvent } from '../model/event.ts'
import { intOf } from '../model/value.ts'
import type { Alert } from './alert.ts'

type Fields = AlertEvent['fields']
type Field = Fields[string]

/**
 * Fields of an event as JSON values, as filters and templates see them: numbers are doubles, durations are nanoseconds,
 * NaN and the infinities are null.
 */
export function fieldViews(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, viewOf(value)]))
}

/**
 * Typed fields of what filters have left of them. One that is as the event had it is that of the event, exactly; one
 * that has changed keeps its type where the new value is one of that.
 * @param views As `fieldViews` gave them, or changed; anything else than an object has none.
 */
export function fieldsOf(views: unknown, source: Fields): Fields {
  const fields = membersOf(views).flatMap(([name, view]): [string, Field][] => {
    const field = fieldOf(view, findField(source, name))
    return field === undefined ? [] : [[name, field]]
  })
  return Object.fromEntries(fields)
}

/** The Info of an alert with ints that are no safe numbers as bigints, where they are as the alert's event had them. */
export function exactInfo({ info, source }: Pick<Alert, 'info' | 'source'>): Alert['info'] {
  if (source === undefined) return info
  const { fields } = source.event
  const exact = membersOf(info.fields).flatMap(([name, view]): [string, bigint][] => {
    const value = findField(fields, name)?.value
    return typeof value === 'bigint' && !Number.isSafeInteger(view) && viewOf(value) === view ? [[name, value]] : []
  })
  if (exact.length === 0) return info
  return { ...info, fields: Object.fromEntries([...membersOf(info.fields), ...exact]) as unknown }
}

export function membersOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function fieldOf(view: unknown, was: Field | undefined): Field | undefined {
  if (was !== undefined && viewOf(was.value) === view) return was
  switch (typeof view) {
    case 'number':
      return isInt64(view) && was?.type === 'int'
        ? { type: 'int', value: intOf(BigInt(view)) }
        : isInt64(view) && was?.type === 'duration'
          ? { type: 'duration', value: BigInt(view) }
          : { type: 'float', value: view }
    case 'string':
      return { type: 'string', value: view }
    case 'boolean':
      return { type: 'boolean', value: view }
    default:
      return undefined
  }
}

function findField(fields: Fields, name: string): Field | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function viewOf(value: Field['value']): unknown {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63
}
