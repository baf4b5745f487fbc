import type { Pick } from './case.ts'
import type { Post } from './capture.ts'

// What becomes of answers and posts before they are compared.

/** The value at a dotted path of keys and indexes; a key that itself has dots wins. */
export function at(value: unknown, path: string): unknown {
  if (isObject(value) && path in value) return value[path]
  return path.split('.').reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), value)
}

/** Puts a mark at a dotted path, in which * stands for every key or index. */
export function mark(value: unknown, path: string, text: string): void {
  markKeys(value, path.split('.'), text)
}

function markKeys(value: unknown, [key, ...rest]: readonly string[], text: string): void {
  if (!isObject(value) || key === undefined) return
  for (const found of key === '*' ? Object.keys(value) : key in value ? [key] : []) {
    if (rest.length > 0) markKeys(value[found], rest, text)
    else value[found] = text
  }
}

/** Drops what an answer holds beside the keys that a case is about. */
export function keepKeys(value: unknown, kept: Readonly<Record<string, readonly string[]>>): void {
  for (const [path, keys] of Object.entries(kept)) {
    const part = path.split('.').reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), value)
    if (!isObject(part)) continue
    for (const key of Object.keys(part)) if (!keys.includes(key)) Reflect.deleteProperty(part, key)
  }
}

/** Items of a list or an object that have the values at the keys of `where`, in the order of their texts. */
export function pick(value: unknown, { from, where }: Pick): unknown[] {
  const items: unknown = from === undefined ? value : at(value, from)
  return Object.values(isObject(items) ? items : {})
    .filter((item) => hasValues(item, where))
    .sort((a, b) => (sortedText(a) < sortedText(b) ? -1 : 1))
}

export function hasValues(item: unknown, where: Pick['where']): boolean {
  return Object.entries(where).every(([key, value]) => JSON.stringify(at(item, key)) === JSON.stringify(value))
}

/** JSON with the keys of every object in order. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )
}

export interface Arrangement {
  readonly keepHeaders?: readonly string[]
  readonly laneBy?: readonly string[]
}

/** Posts by path and group, in order of arrival: those of different groups may come in any order. */
export function arrange(
  posts: readonly Post[],
  { keepHeaders = [], laneBy = [] }: Arrangement
): Record<string, unknown[]> {
  const lanes: Record<string, unknown[]> = {}
  for (const { method, path, headers, body } of posts) {
    const kept = keepHeaders.filter((name) => name in headers).map((name) => [name, headers[name]])
    const entry = keepHeaders.length > 0 ? { headers: Object.fromEntries(kept), body } : body
    ;(lanes[`${method} ${path} ${groupFrom(body, laneBy)}`] ??= []).push(entry)
  }
  return Object.fromEntries(Object.entries(lanes).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A post is an event with an id, or series, themselves or as the data of an event. */
function groupFrom(body: unknown, laneBy: readonly string[]): string {
  if (!isObject(body)) return ''
  if (laneBy.length > 0) return laneBy.map((key) => `${key}=${JSON.stringify(at(body, key))}`).join(' ')
  if (body['id'] !== undefined) return `id=${String(body['id'])}`
  const series = at(body, 'series.0') ?? at(body, 'data.series.0')
  return isObject(series) ? `${String(series['name'])} ${JSON.stringify(series['tags'] ?? {})}` : ''
}

/** Puts the series of an answer in the order of their names and tags. */
export function sortSeries(answer: unknown): unknown {
  if (!isObject(answer) || !Array.isArray(answer['series'])) return answer
  const key = (series: unknown): string => JSON.stringify([at(series, 'name'), at(series, 'tags') ?? {}])
  const series = (answer['series'] as unknown[]).toSorted((a, b) => {
    const [x, y] = [key(a), key(b)]
    return x < y ? -1 : x > y ? 1 : 0
  })
  return { ...answer, series }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
