import { defineError } from '../core/errors.ts'
import { findMember, isJsonObject, type Json, JsonNumber, type JsonObject, parseJson } from '../core/json.ts'
import { compactJson, type JsonOutput } from '../model/json.ts'
import type { Alert } from './alert.ts'
import { normalizeDate, ZERO_DATE } from './date.ts'
import { exactInfo } from './event-fields.ts'

/** Alerts as JSON: keys match in any case, null is absent, unknown keys are ignored, `Stats` is never there. */
export const InvalidAlert = defineError('ALERT_INVALID', 400, (detail: string) => detail)

/** Fails with ALERT_INVALID. */
export function parseAlert(text: string): Alert {
  return alertOf(jsonOf(text))
}

/** A list, or null for none. Fails with ALERT_INVALID. */
export function parseAlerts(text: string): Alert[] {
  const json = jsonOf(text)
  if (json !== null && !Array.isArray(json)) throw mismatch(json, 'value', '[]*Alert')
  return alertsOf(json)
}

/** Fails with ALERT_INVALID where it is not a list of alerts; null is none. */
export function alertsOf(json: Json | undefined): Alert[] {
  const items = listOf(json, 'Sub', '[]*kkok.Alert')
  return items.map((item) => {
    // Differs: an item that is null is refused; the original makes a null alert of it and crashes.
    if (!isJsonObject(item)) throw mismatch(item, 'value', 'kkok.Alert')
    return alertOf(item)
  })
}

/** Null is the empty alert. Fails with ALERT_INVALID. */
export function alertOf(json: Json): Alert {
  if (json !== null && !isJsonObject(json)) throw mismatch(json, 'value', 'kkok.Alert')
  const object: JsonObject = json ?? new Map()
  return {
    from: textOf(object, 'From'),
    date: dateOf(object),
    host: textOf(object, 'Host'),
    title: textOf(object, 'Title'),
    message: textOf(object, 'Message'),
    routes: listOf(findMember(object, 'Routes'), 'Routes', '[]string').map((item) => {
      if (typeof item !== 'string') throw mismatch(item, 'struct field Alert.Routes', 'string')
      return item
    }),
    info: infoOf(findMember(object, 'Info')),
    sub: alertsOf(findMember(object, 'Sub')),
    stats: {}
  }
}

/** Compact, as the API, commands and Slack get it. */
export function alertJson(alert: Alert): string {
  return compactJson(outputOf(alert))
}

export function alertsJson(alerts: readonly Alert[]): string {
  return compactJson(alerts.map(outputOf))
}

export function outputOf(alert: Alert): JsonOutput {
  const { from, date, host, title, message, routes, sub } = alert
  const info = exactInfo(alert)
  return {
    From: from,
    Date: date,
    Host: host,
    Title: title,
    Message: message === '' ? undefined : message,
    Routes: routes.length === 0 ? null : routes,
    Info: Object.keys(info).length === 0 ? undefined : sortable(info),
    Sub: sub.length === 0 ? undefined : sub.map(outputOf)
  }
}

/** Objects as Maps, whose keys are printed sorted. */
export function sortable(value: unknown): JsonOutput {
  if (Array.isArray(value)) return value.map(sortable)
  if (typeof value !== 'object' || value === null) return value as JsonOutput
  return new Map(Object.entries(value).map(([name, member]) => [name, sortable(member)]))
}

function jsonOf(text: string): Json {
  const parsed = parseJson(text)
  if (!parsed.ok) throw InvalidAlert(parsed.message)
  return parsed.value
}

function textOf(object: JsonObject, name: string): string {
  const value = findMember(object, name) ?? ''
  if (typeof value !== 'string') throw mismatch(value, `struct field Alert.${name}`, 'string')
  return value
}

function dateOf(object: JsonObject): string {
  const value = findMember(object, 'Date') ?? null
  if (value === null) return ZERO_DATE
  const date = typeof value === 'string' ? normalizeDate(value) : undefined
  if (date === undefined) throw InvalidAlert(`Date is not an RFC 3339 time: ${compactJson(sortable(plainJson(value)))}`)
  return date
}

function listOf(json: Json | undefined, name: string, goType: string): readonly Json[] {
  if (json === undefined || json === null) return []
  if (Array.isArray(json)) return json as readonly Json[]
  throw mismatch(json, `struct field Alert.${name}`, goType)
}

function infoOf(json: Json | undefined): Readonly<Record<string, unknown>> {
  if (json === undefined || json === null) return {}
  if (!isJsonObject(json)) throw mismatch(json, 'struct field Alert.Info', 'map[string]interface {}')
  return plainJson(json) as Record<string, unknown>
}

/** Plain JavaScript; every number is a double. Fails with ALERT_INVALID where one does not fit. */
export function plainJson(json: Json): unknown {
  if (json instanceof JsonNumber) {
    const value = json.toFloat()
    if (value === undefined)
      throw InvalidAlert(`json: cannot unmarshal number ${json.text} into Go value of type float64`)
    return value
  }
  if (Array.isArray(json)) return (json as readonly Json[]).map(plainJson)
  if (!isJsonObject(json)) return json
  return Object.fromEntries([...json].map(([name, member]) => [name, plainJson(member)]))
}

function mismatch(json: Json, target: string, goType: string) {
  const kind =
    json === null
      ? 'null'
      : json instanceof JsonNumber
        ? 'number'
        : Array.isArray(json)
          ? 'array'
          : isJsonObject(json)
            ? 'object'
            : typeof json === 'boolean'
              ? 'bool'
              : 'string'
  return InvalidAlert(`json: cannot unmarshal ${kind} into Go ${target} of type ${goType}`)
}
