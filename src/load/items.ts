import { createHash } from 'node:crypto'
import { basename, extname, join } from 'node:path'
import type { PathProblem, Raw } from '../config/check.ts'
import { readFolder } from '../config/folder.ts'
import { type ReferenceSources, resolveDefinition, type Shape } from '../config/references.ts'
import type { Secrecies } from '../core/secrecy.ts'
import { describeProblem, YamlDocument } from '../core/yaml-document.ts'

export type LoadKind = 'templates' | 'tasks' | 'handlers'

/** A file of the load directory, and the request that makes of it what it describes. */
export interface LoadItem {
  readonly file: string
  readonly kind: LoadKind
  /** Id of the item; `TOPIC/ID` for a handler. */
  readonly id: string
  readonly hash: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What files of the load directory are read with; relative names of secret files are below the directory. */
export interface LoadReading extends ReferenceSources {
  /** What the options of a kind of handlers are. */
  readonly secreciesOf: (kind: string) => Secrecies
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
export function readLoadItems(
  dir: string,
  reading: LoadReading
): { readonly items: readonly LoadItem[]; readonly bad: readonly BadItem[] } {
  const items: LoadItem[] = []
  const bad: BadItem[] = []
  for (const [kind, extensions] of FOLDERS) {
    for (const [name, content] of readFolder(join(dir, kind), extensions)) {
      const file = join(dir, kind, name)
      const item = 'text' in content ? itemOf(kind, file, content.text, { folder: dir, ...reading }) : content.error
      const other = typeof item === 'string' ? undefined : items.find((one) => one.kind === kind && one.id === item.id)
      if (typeof item === 'string') bad.push({ file, error: item })
      else if (other !== undefined) bad.push({ file, error: `${other.file} has that id, too` })
      else items.push(item)
    }
  }
  return { items, bad }
}

/** @returns A text says what is wrong. */
function itemOf(kind: LoadKind, file: string, text: string, reading: LoadReading): LoadItem | string {
  const hash = createHash('sha256').update(text)
  const name = basename(file, extname(file))
  if (extname(file) === '.tick') {
    const status = kind === 'tasks' ? { status: 'enabled' } : {}
    return { file, kind, id: name, hash: hash.digest('hex'), body: { script: text, ...status } }
  }
  const document = new YamlDocument(text)
  const { problems: syntax, value } = document
  if (syntax.length > 0) return describeProblem(document, syntax[0]!)
  if (!isRaw(value)) return 'not a set of keys and values'
  const { values, problems } = kind === 'tasks' ? resolveTask(value, reading) : resolveHandler(value, reading)
  const [problem] = problems
  if (problem !== undefined) {
    return describeProblem(document, { offset: document.offsetOf(problem.path), message: problem.message })
  }
  // What a reference stands for belongs to the version of a file; one without references keeps the hash that it had.
  if (JSON.stringify(values) !== JSON.stringify(value)) hash.update(JSON.stringify(values))
  return itemOfValues(kind, file, hash.digest('hex'), values)
}

function itemOfValues(kind: LoadKind, file: string, hash: string, values: Raw): LoadItem | string {
  const { id, topic, ...rest } = values
  if (kind === 'tasks') {
    return { file, kind, id: basename(file, extname(file)), hash, body: { ...rest, status: 'enabled' } }
  }
  if (typeof id !== 'string' || id === '') return 'a handler needs an id'
  if (typeof topic !== 'string' || topic === '') return 'a handler needs a topic'
  return { file, kind, id: `${topic}/${id}`, hash, body: { ...rest, id } }
}

interface ResolvedItem {
  readonly values: Raw
  readonly problems: readonly PathProblem[]
}

const PLAIN: Shape = { programs: new Set(), scalars: new Map(), secrecies: {} }
const TASK: Shape = { ...PLAIN, programs: new Set(['script']) }
/** Numbers and switches: of variables of a task, as fields of the configuration call them. */
const KINDS: Readonly<Record<string, string>> = { int: 'int', float: 'float', bool: 'flag' }

function resolveTask(value: Raw, reading: LoadReading): ResolvedItem {
  const { vars, ...rest } = value
  const task = resolveDefinition(TASK, rest, [], reading)
  if (!isRaw(vars)) return { ...task, values: { ...task.values, ...(vars !== undefined && { vars }) } }
  const resolved = Object.entries(vars).map(([name, one]) => {
    if (!isRaw(one)) return { name, values: one, problems: [] }
    const kind = typeof one.type === 'string' ? KINDS[one.type] : undefined
    const shape = { ...PLAIN, scalars: new Map(kind === undefined ? [] : [['value', kind]]) }
    return { name, ...resolveDefinition(shape, one, ['vars', name], reading) }
  })
  const values = { ...task.values, vars: Object.fromEntries(resolved.map((one) => [one.name, one.values])) }
  return { values, problems: [...task.problems, ...resolved.flatMap(({ problems }) => problems)] }
}

function resolveHandler(value: Raw, reading: LoadReading): ResolvedItem {
  const { options, ...rest } = value
  const handler = resolveDefinition(PLAIN, rest, [], reading)
  if (!isRaw(options)) return { ...handler, values: { ...handler.values, ...(options !== undefined && { options }) } }
  const kind = handler.values.kind
  const shape = { ...PLAIN, secrecies: typeof kind === 'string' ? reading.secreciesOf(kind) : {} }
  const resolved = resolveDefinition(shape, options, ['options'], reading)
  const values = { ...handler.values, options: resolved.values }
  return { values, problems: [...handler.problems, ...resolved.problems] }
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
