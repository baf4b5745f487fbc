import { isDeepStrictEqual } from 'node:util'

/**
 * Changes to a JSON document: a list of operations (RFC 6902) or a document to merge into it (RFC 7396).
 * Throws a `PatchError`, with the words of the library that Kapacitor uses where we know them.
 */
export class PatchError extends Error {}

type Document = unknown

export function applyPatch(document: Document, patch: unknown): Document {
  if (!Array.isArray(patch)) return merge(document, patch)
  return patch.reduce((changed: Document, operation) => applyOperation(changed, operation), structuredClone(document))
}

function merge(target: Document, patch: unknown): Document {
  if (!isObject(patch)) return patch
  const merged = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name)
    else define(merged, name, merge(merged[name], value))
  }
  return merged
}

function applyOperation(document: Document, operation: unknown): Document {
  const { op, path, from, value } = isObject(operation) ? operation : {}
  if (typeof path !== 'string') throw new PatchError('Missing path')
  switch (op) {
    case 'add':
      return add(document, path, value)
    case 'remove':
      return remove(document, path)
    case 'replace':
      find(document, path)
      return path === '' ? value : add(remove(document, path), path, value)
    case 'move':
    case 'copy': {
      if (typeof from !== 'string') throw new PatchError('Missing from')
      const moved = structuredClone(find(document, from))
      return add(op === 'move' ? remove(document, from) : document, path, moved)
    }
    case 'test':
      if (!isDeepStrictEqual(findOrNull(document, path), value ?? null)) {
        throw new PatchError(`Testing value ${path} failed`)
      }
      return document
    default:
      throw new PatchError(`Unexpected kind: ${String(op ?? 'unknown')}`)
  }
}

function add(document: Document, path: string, value: unknown): Document {
  if (path === '') return value
  const { parent, key } = placeOf(document, path)
  if (!Array.isArray(parent)) define(parent, key, value)
  else if (key === '-') parent.push(value)
  else parent.splice(indexOf(key, parent.length), 0, value)
  return document
}

function remove(document: Document, path: string): Document {
  const { parent, key } = placeOf(document, path)
  if (Array.isArray(parent)) parent.splice(indexOf(key, parent.length - 1), 1)
  else if (Object.hasOwn(parent, key)) Reflect.deleteProperty(parent, key)
  else throw new PatchError(`Unable to remove nonexistent key: ${key}`)
  return document
}

function find(document: Document, path: string): unknown {
  if (path === '') return document
  const { parent, key } = placeOf(document, path)
  if (Array.isArray(parent)) return parent[indexOf(key, parent.length - 1)]
  if (!Object.hasOwn(parent, key)) throw new PatchError(`Missing key: ${path}`)
  return parent[key]
}

function findOrNull(document: Document, path: string): unknown {
  try {
    return find(document, path) ?? null
  } catch {
    return null
  }
}

function placeOf(document: Document, path: string): { parent: unknown[] | Record<string, unknown>; key: string } {
  const keys = path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (keys.shift() !== '' || keys.length === 0) throw new PatchError(`Missing key: ${path}`)
  const key = keys.pop()!
  let parent = document
  for (const step of keys) {
    if (Array.isArray(parent)) parent = parent[indexOf(step, parent.length - 1)]
    else parent = isObject(parent) && Object.hasOwn(parent, step) ? parent[step] : undefined
  }
  if (Array.isArray(parent) || isObject(parent)) return { parent, key }
  throw new PatchError(`Missing key: ${path}`)
}

function indexOf(key: string, max: number): number {
  const index = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1
  if (index < 0 || index > max) throw new PatchError(`Invalid index: ${key}`)
  return index
}

/** Also makes `__proto__` an ordinary member. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
