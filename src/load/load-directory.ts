import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { LoadedRecord, LoadedStore } from '../store/loaded.ts'
import { type BadItem, type LoadItem, type LoadKind, readLoadItems } from './items.ts'

export interface LoadOptions {
  readonly dir: string
  readonly store: LoadedStore
  readonly log: Logger
  /** The server's own API; paths are below its base. @returns The status, and the error of one that is not 2xx. */
  readonly call: (method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object) => Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly error: string
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
  #turn: Promise<unknown> = Promise.resolve()

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
    const result = this.#turn.then(() => this.#load())
    this.#turn = result
    return result
  }

  async #load(): Promise<LoadStatus> {
    const { dir, store, log } = this.#options
    const problems: BadItem[] = []
    let loaded = 0
    try {
      const { items, bad } = readLoadItems(dir)
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
      log.error(`failed to load file ${file}`, { error })
    }
    this.#status = { dir, loaded, problems }
    return this.#status
  }

  /** @returns What went wrong. */
  async #take(item: LoadItem, before: LoadedRecord | undefined): Promise<string | undefined> {
    const { call, store } = this.#options
    const isThere = (await call('GET', pathOf(item))).status === 200
    if (isThere && before?.hash === item.hash) return undefined
    const { status, error } = isThere ? await this.#change(item) : await this.#make(item)
    if (status >= 300) return error
    await store.put(item)
    return undefined
  }

  #make({ kind, id, body }: LoadItem): Promise<Answer> {
    const { call } = this.#options
    if (kind !== 'handlers') return call('POST', `/${kind}`, { ...body, id })
    return call('POST', `/alerts/topics/${topicOf(id)}/handlers`, body)
  }

  async #change(item: LoadItem): Promise<Answer> {
    const { call } = this.#options
    if (item.kind === 'handlers') return await call('PUT', pathOf(item), item.body)
    const answer = await call(
      'PATCH',
      pathOf(item),
      item.kind === 'tasks' ? { ...item.body, status: 'disabled' } : item.body
    )
    if (item.kind === 'templates' || answer.status >= 300) return answer
    return await call('PATCH', pathOf(item), { status: 'enabled' })
  }

  async #removeOthers(known: readonly LoadedRecord[], kept: ReadonlySet<string>): Promise<void> {
    const { call, store } = this.#options
    const gone = known.filter((record) => !kept.has(keyOf(record)))
    for (const kind of REMOVAL_ORDER) {
      for (const record of gone.filter((one) => one.kind === kind)) {
        const { status } = await call('DELETE', pathOf(record))
        if (status < 300 || status === 404) await store.remove(record)
      }
    }
  }
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}

function pathOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  if (kind !== 'handlers') return `/${kind}/${encodeURIComponent(id)}`
  return `/alerts/topics/${topicOf(id)}/handlers/${encodeURIComponent(id.slice(id.lastIndexOf('/') + 1))}`
}

function topicOf(id: string): string {
  return encodeURIComponent(id.slice(0, id.lastIndexOf('/')))
}
