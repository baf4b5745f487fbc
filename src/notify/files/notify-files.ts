import type { ConfigProblem } from '../../config/config-file.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { formatInstant, type Instant } from '../../core/instant.ts'
import type { Logger } from '../../core/logger.ts'
import type { ConfigurationChanges, StaticFilterDefinition, StaticRouteDefinition } from '../changes.ts'
import type { Configuration } from '../configuration.ts'
import type { PartDefinition } from '../params.ts'
import { duplicateMessage, duplicatesOf, problemOf } from './problems.ts'
import type { FileEntry, NotifyFile, NotifyReading } from './parse.ts'
import { readNotifyFiles } from './read.ts'

export interface NotifyFilesOptions {
  readonly folder: string
  readonly reading: NotifyReading
  readonly configuration: Pick<Configuration, 'replaceStatic' | 'tryStatic'>
  readonly clock: Clock
  readonly log: Logger
  /** Is told what files have changed since the first reload, once that is in force. */
  readonly onChanges?: (changes: ConfigurationChanges) => void
}

/** How a file stands: as it is on disk, an older version of it since that one is bad, or nothing of it. */
export type FileState = 'loaded' | 'kept' | 'refused'

export interface FileStatus {
  readonly file: string
  readonly state: FileState
  readonly filters: readonly string[]
  readonly routes: readonly string[]
  /** When the version in force was read; RFC 3339. */
  readonly since: string | null
  readonly problems: readonly ConfigProblem[]
}

export interface FilesStatus {
  readonly folder: string
  /** All is in force as it is on disk. */
  readonly ok: boolean
  /** What keeps all files out. */
  readonly error: string | null
  /** When files were read last, and when that changed something; RFC 3339. */
  readonly read: string
  readonly changed: string | null
  readonly files: readonly FileStatus[]
}

/** The last good version of a file. */
interface Version {
  readonly entries: readonly FileEntry[]
  readonly since: Instant
}

/** A file as it is to be in force. */
interface Candidate {
  readonly file: NotifyFile
  readonly problems: ConfigProblem[]
  /** Whether this is its last good version: the file has problems. */
  isOld: boolean
  entries: readonly FileEntry[]
}

/**
 * Files of filters and routes, and their versions in force. A reload reads all of them, lets a bad one stand as it was
 * when it was good, and has the whole set swapped at once, between two batches. Where that does not work for another
 * reason (a script that an old version needs is gone), everything stays as it is.
 */
export class NotifyFiles {
  readonly #options: NotifyFilesOptions
  readonly #good = new Map<string, Version>()
  #status: FilesStatus
  #running: Promise<FilesStatus> | undefined
  #next: Promise<FilesStatus> | undefined

  constructor(options: NotifyFilesOptions) {
    this.#options = options
    this.#status = { folder: options.folder, ok: true, error: null, read: this.#now(), changed: null, files: [] }
  }

  get status(): FilesStatus {
    return this.#status
  }

  /** Resolves when what is on disk now, or later, is in force. Never rejects for what files say. */
  reload(): Promise<FilesStatus> {
    if (this.#running === undefined) {
      this.#running = this.#reload().finally(() => (this.#running = undefined))
      return this.#running
    }
    // Any number of calls that come meanwhile need one more turn.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.reload()
    })
    return this.#next
  }

  async #reload(): Promise<FilesStatus> {
    const { folder, log, reading } = this.#options
    const before = this.#status
    try {
      const files = readNotifyFiles(folder, reading)
      const { candidates, changes, error } = await this.#bringInForce(files.map((file) => this.#candidateOf(file)))
      if (changes !== undefined) this.#remember(candidates)
      this.#status = this.#statusOf(candidates, error, changes)
      this.#report(before, changes)
      reading.files.sweep()
    } catch (error) {
      this.#status = { ...before, ok: false, error: messageOf(error), read: this.#now() }
      log.error('files of filters and routes cannot be read: all stays as it is', { err: messageOf(error) })
    }
    return this.#status
  }

  #candidateOf(file: NotifyFile): Candidate {
    const candidate = { file, problems: [...file.problems, ...file.missing], isOld: false, entries: file.entries }
    if (candidate.problems.length > 0) this.#fallBack(candidate)
    return candidate
  }

  #fallBack(candidate: Candidate): void {
    candidate.isOld = true
    candidate.entries = this.#good.get(candidate.file.file)?.entries ?? []
  }

  /** Sets files aside that are at fault until the others can be swapped in. */
  async #bringInForce(
    candidates: readonly Candidate[]
  ): Promise<{ candidates: readonly Candidate[]; changes?: ConfigurationChanges; error?: string }> {
    for (;;) {
      if (this.#refuseDuplicates(candidates)) continue
      try {
        const definitions = definitionsOf(candidates.flatMap(({ entries }) => entries))
        return { candidates, changes: await this.#options.configuration.replaceStatic(...definitions) }
      } catch (error) {
        if (!(await this.#findProblems(candidates))) return { candidates, error: messageOf(error) }
      }
    }
  }

  /**
   * Refuses ids that two files have: whoever had an id before keeps it, otherwise the first file.
   * @returns Whether there was one.
   */
  #refuseDuplicates(candidates: readonly Candidate[]): boolean {
    const byFile = new Map(candidates.map((candidate) => [candidate.file.file, candidate]))
    const [pair] = duplicatesOf(candidates.flatMap(({ entries }) => entries))
    if (pair === undefined) return false
    const isEstablished = ({ file, kind, id }: FileEntry) =>
      this.#good.get(file)?.entries.some((one) => one.kind === kind && one.id === id) === true
    const wins = isEstablished(pair.first) || !isEstablished(pair.second)
    const [kept, lost] = wins ? [pair.first, pair.second] : [pair.second, pair.first]
    const loser = byFile.get(lost.file)!
    loser.problems.push(loser.file.locate({ path: lost.path, message: duplicateMessage(lost, kept) }))
    if (loser.isOld) loser.entries = loser.entries.filter((one) => one !== lost)
    else this.#fallBack(loser)
    return true
  }

  /** @returns Whether a new version is at fault, and was set aside. */
  async #findProblems(candidates: readonly Candidate[]): Promise<boolean> {
    let isFound = false
    for (const candidate of candidates) {
      const problems: ConfigProblem[] = []
      for (const entry of candidate.entries) {
        try {
          await this.#options.configuration.tryStatic(...definitionsOf([entry]), { isPlan: false })
        } catch (error) {
          problems.push(problemOf(entry, messageOf(error), candidate.file))
        }
      }
      if (problems.length === 0) continue
      candidate.problems.push(...problems)
      if (candidate.isOld) continue
      this.#fallBack(candidate)
      isFound = true
    }
    return isFound
  }

  #remember(candidates: readonly Candidate[]): void {
    const names = new Set(candidates.map(({ file }) => file.file))
    for (const name of this.#good.keys()) if (!names.has(name)) this.#good.delete(name)
    for (const { file, entries, isOld } of candidates) {
      if (isOld) continue
      const before = this.#good.get(file.file)
      const isSame = before !== undefined && JSON.stringify(before.entries) === JSON.stringify(entries)
      this.#good.set(file.file, { entries, since: isSame ? before.since : this.#options.clock.now() })
    }
  }

  #statusOf(candidates: readonly Candidate[], error: string | undefined, changes?: ConfigurationChanges): FilesStatus {
    const files = candidates.map(({ file, problems, isOld, entries }): FileStatus => {
      const version = this.#good.get(file.file)
      const inForce = error === undefined ? entries : (version?.entries ?? [])
      const idsOf = (kind: FileEntry['kind']) => inForce.filter((one) => one.kind === kind).map(({ id }) => id)
      const isLoaded = error === undefined && !isOld
      return {
        file: file.file,
        state: isLoaded ? 'loaded' : version === undefined ? 'refused' : 'kept',
        filters: idsOf('filter'),
        routes: idsOf('route'),
        since: version === undefined ? null : formatInstant(version.since),
        problems
      }
    })
    const isChange = changes !== undefined && countOf(changes) > 0
    return {
      folder: this.#options.folder,
      ok: error === undefined && files.every(({ problems }) => problems.length === 0),
      error: error ?? null,
      read: this.#now(),
      changed: isChange ? this.#now() : this.#status.changed,
      files
    }
  }

  #report(before: FilesStatus, changes: ConfigurationChanges | undefined): void {
    const { log, onChanges } = this.#options
    if (changes !== undefined && countOf(changes) > 0) {
      log.info('files of filters and routes are in force', { ...changes })
      if (before.changed !== null) onChanges?.(changes)
    }
    if (this.#status.error !== null)
      log.error('files of filters and routes cannot be applied: all filters and routes stay as they are', {
        err: this.#status.error
      })
    const known = new Set(before.files.flatMap(({ problems }) => problems.map(textOf)))
    for (const { state, problems } of this.#status.files) {
      for (const problem of problems.map(textOf))
        if (!known.has(problem)) log.error('a file of filters or routes has a problem', { problem, state })
    }
  }

  #now(): string {
    return formatInstant(this.#options.clock.now())
  }
}

/** Filters and routes among entries, as `Configuration` takes them. */
function definitionsOf(
  entries: readonly FileEntry[]
): [filters: StaticFilterDefinition[], routes: StaticRouteDefinition[]] {
  const filters = entries.filter(({ kind }) => kind === 'filter')
  const routes = entries.filter(({ kind }) => kind === 'route')
  return [
    filters.map(({ id, definition }) => ({ id, definition: definition as PartDefinition })),
    routes.map(({ id, definition }) => ({ id, definition: definition as readonly PartDefinition[] }))
  ]
}

function countOf({ filters, routes }: ConfigurationChanges): number {
  return [filters, routes].flatMap(({ added, changed, removed }) => [...added, ...changed, ...removed]).length
}

function textOf({ file, line, column, message }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${message}`
}
