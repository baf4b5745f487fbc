/** Mark in an expectation that stands for any value, and for any text. */
export const ANY = '@ANY@'
export const ANY_TEXT = '@TEXT@'

const SHOWN_CHARS = 160
/** Numbers have gone through another encoder. */
const TOLERANCE = 1e-9

/** @returns Where two JSON values differ first, and how; undefined where they are alike. */
export function difference(want: unknown, got: unknown, path = '$'): string | undefined {
  if (want === ANY) return got === undefined ? `${path}: missing` : undefined
  if (want === ANY_TEXT) return typeof got === 'string' ? undefined : `${path}: want a text, got ${shown(got)}`
  if (typeof want === 'number' && typeof got === 'number') {
    return isClose(want, got) ? undefined : `${path}: want ${want}, got ${got}`
  }
  if (!isObject(want) || !isObject(got)) {
    return want === got ? undefined : `${path}: want ${shown(want)}, got ${shown(got)}`
  }
  if (Array.isArray(want) !== Array.isArray(got)) return `${path}: one is a list, the other is not`
  if (Array.isArray(want) && Array.isArray(got)) return differenceOfLists(want, got, path)
  return differenceOfObjects(want, got, path)
}

function differenceOfLists(want: readonly unknown[], got: readonly unknown[], path: string): string | undefined {
  if (want.length !== got.length) return `${path}: want ${want.length} items, got ${got.length}`
  for (const [i, item] of want.entries()) {
    const found = difference(item, got[i], `${path}[${i}]`)
    if (found !== undefined) return found
  }
  return undefined
}

function differenceOfObjects(want: JsonObject, got: JsonObject, path: string): string | undefined {
  for (const key of new Set([...Object.keys(want), ...Object.keys(got)])) {
    if (!(key in want)) return `${path}.${key}: not expected, got ${shown(got[key])}`
    if (!(key in got)) return `${path}.${key}: missing, want ${shown(want[key])}`
    const found = difference(want[key], got[key], `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null
}

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
}

function shown(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value).slice(0, SHOWN_CHARS)
}
