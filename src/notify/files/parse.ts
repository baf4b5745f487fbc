import { basename } from 'node:path'
import { isAt, type Path, type PathProblem, problemsAgainst, type Raw } from '../../config/check.ts'
import { findNearest } from '../../core/nearest.ts'
import { ConfigFile, ConfigInvalid, type ConfigProblem } from '../../config/config-file.ts'
import { type ReferenceSources, resolveDefinition } from '../../config/references.ts'
import { ID, type PartDefinition } from '../params.ts'
import type { NotifySchemas } from './schemas.ts'

export type Kind = 'filter' | 'route'

/** A filter or a route of a file. */
export interface FileEntry {
  readonly kind: Kind
  readonly id: string
  /** Definition of a filter, or the list of the transports of a route. */
  readonly definition: PartDefinition | readonly PartDefinition[]
  readonly file: string
  /** Where the entry stands in its file. */
  readonly path: Path
  /** Some of its references stand for nothing, and are in the definition as they are written. */
  readonly lacksReferences: boolean
}

/** A file as it was read. Where it has problems it has no entries. */
export interface NotifyFile {
  readonly file: string
  readonly kind: Kind
  readonly entries: readonly FileEntry[]
  readonly problems: readonly ConfigProblem[]
  /** Variables and files that its entries name and that are not there. */
  readonly missing: readonly ConfigProblem[]
  /** Says where something is. */
  locate(problem: PathProblem): ConfigProblem
}

/** What files of filters and routes are read with. */
export interface NotifyReading extends ReferenceSources {
  readonly schemas: NotifySchemas
}

/** @param file Its name in messages; the last part of it is the id of a route, and of a filter that says none. */
export function parseNotifyFile(kind: Kind, file: string, text: string, reading: NotifyReading): NotifyFile {
  const source = new ConfigFile(file, text)
  const locate = (problem: PathProblem) => source.locate(problem)
  const failed = (problems: readonly ConfigProblem[]) => ({ file, kind, entries: [], problems, missing: [], locate })
  // A file that is being written is empty for a moment; one of comments has nothing to say.
  if (text.trim() === '') return failed([locate({ path: [], message: 'the file is empty' })])
  try {
    const raw: unknown = source.read()
    const written = isObject(raw) && Object.keys(raw).length === 0 ? [] : entriesOf(kind, file, raw)
    const resolved = written.map((entry) => resolveEntry(entry, reading))
    const entries = resolved.map(({ entry }) => entry)
    const missing = resolved.flatMap((one) => one.missing)
    const problems = entries.flatMap((entry) => problemsOf(entry, reading.schemas))
    // A reference that stands for nothing may stand for a number.
    const certain = problems.filter(({ path }) => !isAt(missing, path))
    return certain.length > 0
      ? failed([...missing, ...certain].map(locate))
      : { file, kind, entries: entries.map(withoutId), problems: [], missing: missing.map(locate), locate }
  } catch (error) {
    if (error instanceof ConfigInvalid) return failed(error.problems)
    throw error
  }
}

/** A file whose text cannot be had. */
export function unreadFile(kind: Kind, file: string, error: string): NotifyFile {
  const locate = (problem: PathProblem) => new ConfigFile(file, '').locate(problem)
  return { file, kind, entries: [], problems: [locate({ path: [], message: error })], missing: [], locate }
}

function entriesOf(kind: Kind, file: string, raw: unknown): FileEntry[] {
  const name = basename(file).replace(/\.[^.]*$/, '')
  if (kind === 'route') return [{ kind, id: name, definition: raw as readonly PartDefinition[], file, ...START }]
  const list = Array.isArray(raw) ? (raw as unknown[]) : [raw]
  return list.map((one, index) => ({
    kind,
    id: isObject(one) && typeof one.id === 'string' ? one.id : Array.isArray(raw) ? '' : name,
    definition: one as PartDefinition,
    ...{ file, ...START, path: Array.isArray(raw) ? [index] : [] }
  }))
}

const START = { path: [], lacksReferences: false }

/** The entry with what its references stand for. */
function resolveEntry(
  entry: FileEntry,
  { schemas, ...sources }: NotifyReading
): { readonly entry: FileEntry; readonly missing: readonly PathProblem[] } {
  const missing: PathProblem[] = []
  const { kind, definition, path } = entry
  const resolved =
    kind === 'filter'
      ? part(definition, path, schemas.filters)
      : Array.isArray(definition)
        ? definition.map((one, index) => part(one, [...path, index], schemas.transports))
        : definition
  return {
    entry: { ...entry, definition: resolved as FileEntry['definition'], lacksReferences: missing.length > 0 },
    missing
  }

  function part(given: unknown, place: Path, parts: NotifySchemas['filters']): unknown {
    const shape = isObject(given) && typeof given.type === 'string' ? parts.get(given.type)?.shape : undefined
    if (shape === undefined) return given // Whoever checks it says what is wrong.
    const { values, problems } = resolveDefinition(shape, given as Raw, place, sources)
    missing.push(...problems)
    return values
  }
}

function withoutId(entry: FileEntry): FileEntry {
  if (entry.kind === 'route') return entry
  const members = Object.entries(entry.definition).filter(([name]) => name !== 'id')
  return { ...entry, definition: Object.fromEntries(members) }
}

function problemsOf({ kind, id, definition, path }: FileEntry, schemas: NotifySchemas): PathProblem[] {
  if (kind === 'filter') {
    if (id === '') return [{ path, message: 'a filter in a list needs an id' }]
    return [...idProblems('filter', id, path), ...partProblems('filter', definition, path, schemas.filters)]
  }
  if (!Array.isArray(definition)) return [{ path, message: 'a route must be a list of transports' }]
  const parts = definition as readonly unknown[]
  return [
    ...idProblems('route', id, path),
    ...parts.flatMap((part, index) => partProblems('transport', part, [...path, index], schemas.transports))
  ]
}

function idProblems(kind: Kind, id: string, path: Path): PathProblem[] {
  return ID.test(id) ? [] : [{ path, message: `invalid ${kind} id: ${id}` }]
}

function partProblems(what: string, part: unknown, path: Path, schemas: NotifySchemas['filters']): PathProblem[] {
  if (!isObject(part)) return [{ path, message: `a ${what} must be a section with keys` }]
  const { type } = part
  const schema = typeof type === 'string' ? schemas.get(type)?.schema : undefined
  if (schema !== undefined) {
    return problemsAgainst(schema, part, `the ${what}`).map((problem) => ({
      ...problem,
      path: [...path, ...problem.path]
    }))
  }
  if (type === undefined) return [{ path, message: `the ${what} needs type` }]
  const nearest = typeof type === 'string' ? findNearest(type, [...schemas.keys()]) : undefined
  const hint = nearest === undefined ? '' : `, did you mean ${JSON.stringify(nearest)}?`
  return [{ path: [...path, 'type'], message: `no such ${what} type: ${String(type)}${hint}` }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
