import { createHash } from 'node:crypto'
import { basename, extname, join } from 'node:path'
import { readFolder } from '../config/folder.ts'
import { describeProblem, YamlDocument } from '../core/yaml-document.ts'

export type LoadKind = 'templates' | 'tasks' | 'handlers'

/** A file of the load directory, and the request that makes of it what it describes. */
export interface LoadItem {
  readonly file: string
  readonly kind: LoadKind
  /** Of a handler: `TOPIC/ID`. */
  readonly id: string
  readonly hash: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface BadItem {
  readonly file: string
  readonly error: string
}

const DATA = ['.json', '.yml', '.yaml']

/** The folders, in the order in which they are loaded: tasks may need templates. */
const FOLDERS: readonly (readonly [kind: LoadKind, extensions: readonly string[]])[] = [
  ['templates', ['.tick']],
  ['tasks', ['.tick', ...DATA]],
  ['handlers', DATA]
]

/** What is in a load directory; a folder that is not there is empty. Fails with CONFIG_FOLDER. */
export function readLoadItems(dir: string): { readonly items: readonly LoadItem[]; readonly bad: readonly BadItem[] } {
  const items: LoadItem[] = []
  const bad: BadItem[] = []
  for (const [kind, extensions] of FOLDERS) {
    for (const [name, content] of readFolder(join(dir, kind), extensions)) {
      const file = join(dir, kind, name)
      const item = 'text' in content ? itemOf(kind, file, content.text) : content.error
      const other = typeof item === 'string' ? undefined : items.find((one) => one.kind === kind && one.id === item.id)
      if (typeof item === 'string') bad.push({ file, error: item })
      else if (other !== undefined) bad.push({ file, error: `${other.file} has that id, too` })
      else items.push(item)
    }
  }
  return { items, bad }
}

/** @returns A text says what is wrong. */
function itemOf(kind: LoadKind, file: string, text: string): LoadItem | string {
  const hash = createHash('sha256').update(text).digest('hex')
  const name = basename(file, extname(file))
  if (extname(file) === '.tick') {
    const status = kind === 'tasks' ? { status: 'enabled' } : {}
    return { file, kind, id: name, hash, body: { script: text, ...status } }
  }
  const document = new YamlDocument(text)
  const { problems, value } = document
  if (problems.length > 0) return describeProblem(document, problems[0]!)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a set of keys and values'
  const { id, topic, ...rest } = value as Readonly<Record<string, unknown>>
  if (kind === 'tasks') return { file, kind, id: name, hash, body: { ...rest, status: 'enabled' } }
  if (typeof id !== 'string' || id === '') return 'a handler needs an id'
  if (typeof topic !== 'string' || topic === '') return 'a handler needs a topic'
  return { file, kind, id: `${topic}/${id}`, hash, body: { ...rest, id } }
}
