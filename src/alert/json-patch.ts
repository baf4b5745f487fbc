import { isDeepStrictEqual } from 'node:util'

/**
 * Operations on a JSON document (RFC 6902). They say why they fail in the words of the library that Kapacitor 1.8 uses,
 * evanphx/json-patch 4.9: an operation, where it does not apply, and what was missing. By hand: rfc6902 and
 * fast-json-patch refuse what it takes (a test of what is not there, an addition without value), and the walk along a
 * path that finds its words is most of the work.
 */
export class PatchError extends Error {}

type Document = unknown

const MISSING = 'missing value'

/** Fails with a `PatchError`. @param operations Not changed, nor is the document. */
export function applyPatch(document: Document, operations: readonly unknown[]): Document {
  return operations.reduce(
    (changed: Document, operation) => applyOperation(changed, isObject(operation) ? operation : {}),
    structuredClone(document)
  )
}

function applyOperation(document: Document, operation: Readonly<Record<string, unknown>>): Document {
  const kind = typeof operation['op'] === 'string' ? operation['op'] : 'unknown'
  switch (kind) {
    case 'add':
      return add(placeIn(document, operation, 'add'), structuredClone(operation['value']))
    case 'remove':
      return remove(placeIn(document, operation, 'remove'))
    case 'replace':
      return replace(placeIn(document, operation, 'replace'), structuredClone(operation['value']))
    case 'move': {
      const from = placeIn(document, operation, 'move', 'from')
      const value = valueAt(from)
      remove(from)
      return add(placeIn(document, operation, 'move'), value)
    }
    case 'copy': {
      const value = structuredClone(valueAt(placeIn(document, operation, 'copy', 'from')))
      return add(placeIn(document, operation, 'copy'), value)
    }
    case 'test': {
      const place = placeIn(document, operation, 'test')
      if (isDeepStrictEqual(valueAt(place) ?? null, operation['value'] ?? null)) return document
      throw new PatchError(`testing value ${place.path} failed: test failed`)
    }
    default:
      throw new PatchError(`Unexpected kind: ${kind}`)
  }
}

/** Where an operation applies: the last key of a path, and what has it. */
interface PatchTarget {
  readonly document: Document
  readonly operation: string
  readonly path: string
  readonly parent: unknown[] | Record<string, unknown>
  readonly key: string
}

function placeIn(
  document: Document,
  operation: Readonly<Record<string, unknown>>,
  name: string,
  member: 'path' | 'from' = 'path'
): PatchTarget {
  const path = operation[member]
  if (typeof path !== 'string') throw new PatchError(notDecoded(name, member, path))
  const keys = path.split('/').slice(1).map(decodeKey)
  const key = keys.pop()
  const parent = keys.reduce(memberOf, document)
  if (key === undefined || !(Array.isArray(parent) || isObject(parent))) {
    throw new PatchError(`${name} operation does not apply: ${missingIn(name, member, path)}: ${MISSING}`)
  }
  return { document, operation: name, path, parent, key }
}

/** Each operation has its own words for a path that is missing or no text. */
function notDecoded(name: string, member: 'path' | 'from', given: unknown): string {
  const context = `${name} operation failed to decode ${member}`
  if (member === 'path' && ['add', 'remove', 'copy'].includes(name)) return `${context}: ${MISSING}`
  if (given !== undefined && given !== null)
    return `${context}: json: cannot unmarshal ${kindOf(given)} into Go value of type string`
  return `${context}: operation${member === 'path' ? '' : ','} missing ${member} field: ${MISSING}`
}

/** Each operation has its own words for a path that leads nowhere. */
function missingIn(name: string, member: 'path' | 'from', path: string): string {
  if (member === 'from') return `doc is missing from path: ${path}`
  switch (name) {
    case 'add':
    case 'remove':
      return `doc is missing path: "${path}"`
    case 'replace':
      return `doc is missing path: ${path}`
    case 'test':
      return `is missing path: ${path}`
    default:
      return `doc is missing destination path: ${path}`
  }
}

function add({ document, operation, path, parent, key }: PatchTarget, value: unknown): Document {
  const context =
    operation === 'copy' ? 'error while adding value during copy' : `error in ${operation} for path: '${path}'`
  if (!Array.isArray(parent)) define(parent, key, value ?? null)
  else if (key === '-') parent.push(value ?? null)
  else
    parent.splice(
      indexOf(key, parent.length, context, `value was not a proper array index: '${key}': `),
      0,
      value ?? null
    )
  return document
}

function remove({ document, operation, path, parent, key }: PatchTarget): Document {
  const context =
    operation === 'move' ? `error in move for path: '${key}'` : `error in ${operation} for path: '${path}'`
  if (Array.isArray(parent)) parent.splice(indexOf(key, parent.length - 1, context), 1)
  else if (Object.hasOwn(parent, key)) Reflect.deleteProperty(parent, key)
  else throw new PatchError(`${context}: Unable to remove nonexistent key: ${key}: ${MISSING}`)
  return document
}

/** Differs from RFC 6902 as the library does: a member that is not there is added. */
function replace({ document, path, parent, key }: PatchTarget, value: unknown): Document {
  if (!Array.isArray(parent)) define(parent, key, value ?? null)
  else {
    const index = findIndex(key, parent.length - 1)
    if (index === undefined) {
      throw new PatchError(`replace operation does not apply: doc is missing key: ${path}: ${MISSING}`)
    }
    parent[index] = value ?? null
  }
  return document
}

function valueAt({ operation, path, parent, key }: PatchTarget): unknown {
  if (!Array.isArray(parent)) return memberOf(parent, key)
  const context = { move: `error in move for path: '${key}'`, copy: `error in copy for from: '${path}'` }
  return parent[
    indexOf(key, parent.length - 1, context[operation as 'move'] ?? `error in ${operation} for path: '${path}'`)
  ]
}

function memberOf(parent: unknown, key: string): unknown {
  if (!Array.isArray(parent)) return isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined
  const index = findIndex(key, parent.length - 1)
  return index === undefined ? undefined : parent[index]
}

/** @param notNumber What comes before the words for a key that is no number. */
function indexOf(key: string, most: number, context: string, notNumber = ''): number {
  const index = findIndex(key, most)
  if (index !== undefined) return index
  if (/^[+-]?\d+$/.test(key)) {
    throw new PatchError(`${context}: Unable to access invalid index: ${Number(key)}: invalid index referenced`)
  }
  throw new PatchError(`${context}: ${notNumber}strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`)
}

function findIndex(key: string, most: number): number | undefined {
  const index = /^\d+$/.test(key) ? Number(key) : -1
  return index < 0 || index > most ? undefined : index
}

function decodeKey(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Defines a member, also one that is called `__proto__`. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return isObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value
}
