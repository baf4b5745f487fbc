import type { Path } from '../../config/check.ts'
import type { ConfigProblem } from '../../config/config-file.ts'
import type { FileEntry, NotifyFile } from './parse.ts'

/** Why an entry cannot be made, at the key of its definition that the message is about, as far as that can be told. */
export function problemOf(entry: FileEntry, message: string, { locate }: NotifyFile): ConfigProblem {
  return locate({ path: [...entry.path, ...keyPath(entry, message)], message })
}

function keyPath({ kind, definition }: FileEntry, message: string): Path {
  if (kind === 'filter') return findKey(definition as Readonly<Record<string, unknown>>, message)
  const parts = definition as readonly Readonly<Record<string, unknown>>[]
  const index = parts.findIndex(({ type }) => message.startsWith(`${String(type)}: `))
  return index < 0 ? [] : [index, ...findKey(parts[index]!, message)]
}

function findKey(definition: Readonly<Record<string, unknown>>, message: string): Path {
  // A quoted program comes after the words that say what it is.
  const words = message
    .replace(/^expr: .*/s, 'if')
    .replace(/\(anonymous\).*/s, 'code')
    .split(/[^\w]+/)
  const key = words.find((word) => word !== definition.type && Object.hasOwn(definition, word))
  return key === undefined ? [] : [key]
}

/** Ids that more than one entry has: the later one of each pair. */
export function duplicatesOf(
  entries: readonly FileEntry[]
): { readonly first: FileEntry; readonly second: FileEntry }[] {
  const seen = new Map<string, FileEntry>()
  return entries.flatMap((second) => {
    const key = `${second.kind} ${second.id}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, second)
    return first === undefined ? [] : [{ first, second }]
  })
}

export function duplicateMessage(entry: FileEntry, other: FileEntry): string {
  return `duplicate ${entry.kind} id ${JSON.stringify(entry.id)}, it is also in ${other.file}`
}
