import { Serial } from '../core/serial.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { LoadedRecord, LoadedStore } from '../store/loaded.ts'
import { type BadItem, type LoadItem, type LoadKind, type LoadReading, readLoadItems } from './items.ts'

export interface LoadOptions {
  readonly dir: string
  readonly reading: LoadReading
  readonly store: LoadedStore
  readonly log: Logger
  readonly target: LoadTarget
}

export type LoadedThing = Pick<LoadItem, 'kind' | 'id'>

/** Where templates, tasks and handlers are made; what cannot be rejects with the reason. */
export interface LoadTarget {
  has(thing: LoadedThing): boolean
  make(item: LoadItem): Promise<void>
  change(item: LoadItem): Promise<void>
  remove(thing: LoadedThing): Promise<void>
}

export interface LoadStatus {
  readonly dir: string
  /** How many files are as they should be. */
  readonly loaded: number
  readonly problems: readonly BadItem[]
}

/** Removals first go for what needs others. */
const REMOVAL_ORDER: readonly LoadKind[] = ['handlers', 'tasks', 'templates']

/**
 * Templates, tasks and handlers of topics from files. A file is taken over when it is new or has changed, so that what
 * an operator has set of a task otherwise, such as its status, lasts until then; what files have made goes when they go.
 * Differs: a bad file is told of, and keeps neither the others nor the server from going on; the original stops at it.
 * Differs: what was removed is forgotten, so that it can be made by a client; the original deletes it ever again.
 */
export class LoadDirectory {
  readonly #options: LoadOptions
  #status: LoadStatus
  #errors = 0
  readonly #serial = new Serial()

  constructor(options: LoadOptions) {
    this.#options = options
    this.#status = { dir: options.dir, loaded: 0, problems: [] }
  }

  get status(): LoadStatus {
    return this.#status
  }

  /** Problems since the start, each counted when it comes up. */
  get errors(): number {
    return this.#errors
  }

  /** Resolves when what is on disk now has been taken over. Never rejects. */
  load(): Promise<LoadStatus> {
    return this.#serial.run(() => this.#load())
  }

  async #load(): Promise<LoadStatus> {
    const { dir, store, log, reading } = this.#options
    const problems: BadItem[] = []
    let loaded = 0
    try {
      const { items, bad } = readLoadItems(dir, reading)
      reading.files.sweep()
      problems.push(...bad)
      const known = new Map((await store.all()).map((record) => [keyOf(record), record]))
      for (const item of items) {
        const error = await this.#take(item, known.get(keyOf(item)))
        if (error === undefined) loaded++
        else problems.push({ file: item.file, error })
      }
      // A file that cannot be read may be one of these.
      if (bad.length === 0) await this.#removeOthers([...known.values()], new Set(items.map(keyOf)))
    } catch (error) {
      problems.push({ file: dir, error: messageOf(error) })
    }
    const before = new Set(this.#status.problems.map(({ file, error }) => `${file} ${error}`))
    for (const { file, error } of problems) {
      if (before.has(`${file} ${error}`)) continue
      this.#errors++
      log.error(`failed to load file ${file}`, { err: error })
    }
    this.#status = { dir, loaded, problems }
    return this.#status
  }

  /** @returns What went wrong. */
  async #take(item: LoadItem, before: LoadedRecord | undefined): Promise<string | undefined> {
    const { target, store } = this.#options
    const isThere = target.has(item)
    if (isThere && before?.hash === item.hash) return undefined
    try {
      await (isThere ? target.change(item) : target.make(item))
    } catch (error) {
      return messageOf(error)
    }
    await store.put(item)
    return undefined
  }

  async #removeOthers(known: readonly LoadedRecord[], kept: ReadonlySet<string>): Promise<void> {
    const { target, store } = this.#options
    const gone = known.filter((record) => !kept.has(keyOf(record)))
    for (const kind of REMOVAL_ORDER) {
      for (const record of gone.filter((candidate) => candidate.kind === kind)) {
        const thing = { kind, id: record.id }
        if (target.has(thing)) await target.remove(thing)
        await store.remove(record)
      }
    }
  }
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}
