import { existsSync, renameSync, rmSync, truncateSync } from 'node:fs'
import type { DuckDBInstance } from '@duckdb/node-api'
import { AppError, messageOf } from '../core/errors.ts'
import type { Migration } from './contract.ts'
import { copyFile, DamagedFiles, sizeOf, type StoreLoss } from './damaged-files.ts'
import { StoreDamaged, StoreLost, StoreNotOpened } from './errors.ts'
import { type InstanceOptions, isDamage, openInstance } from './instance.ts'
import { type MarkContent, StoreMark } from './mark.ts'
import { migrate, nextCommit } from './migrate.ts'
import { countOf, type DamagedTable, findDamagedTables, salvage, tablesOf } from './salvage.ts'
import { Session } from './session.ts'

export interface StoreOptions extends InstanceOptions {
  readonly migrations: readonly Migration[]
  /** Goes on where all or a part of the definitions is lost. */
  readonly acceptLoss: boolean
  readonly onLoss: (loss: StoreLoss) => void
}

export interface OpenedStore {
  readonly instance: DuckDBInstance
  readonly writer: Session
  readonly reader: Session
  readonly mark: StoreMark
  /** What the mark said before. */
  readonly expected: MarkContent | undefined
}

/** Tables whose rows a server can do without: what has happened, and what it finds out again. */
const EXPENDABLE = new Set([
  ...['migrations', 'alert_events', 'alert_deliveries', 'dead_letters', 'loaded', 'recordings', 'replays'],
  ...['notify_alerts', 'notify_messages', 'notify_dead_letters', 'notify_finished', 'notify_notes']
])

/** Cuts of the log, each at an earlier place, before it is given up. */
const MAX_CUTS = 100

/**
 * Opens a store whose files may be damaged: keeps those beside, goes on with what is good, and tells what is lost. It
 * refuses to go on without definitions (tasks, handlers, …) that there were. Everything is read once, so that a damage
 * is found now. Fails with STORE_LOCKED, STORE_DAMAGED, STORE_LOST, STORE_TOO_NEW or STORE_NOT_OPENED.
 */
export async function openStore(path: string, options: StoreOptions): Promise<OpenedStore> {
  try {
    return await new StoreOpening(path, options).open()
  } catch (error) {
    const isOfSystem = (error as NodeJS.ErrnoException).syscall !== undefined
    throw isOfSystem ? StoreNotOpened(path, messageOf(error)) : error
  }
}

class StoreOpening {
  readonly #path: string
  readonly #wal: string
  /** A copy of the log as it was: DuckDB removes or cuts one that it does not take for its own. */
  readonly #keptWal: string
  readonly #options: StoreOptions
  readonly #files = new DamagedFiles(new Date())
  #lostWalBytes = 0

  constructor(path: string, options: StoreOptions) {
    this.#path = path
    this.#wal = `${path}.wal`
    this.#keptWal = `${path}.wal.kept`
    this.#options = options
  }

  async open(): Promise<OpenedStore> {
    let expected = this.#readMark()
    if (expected !== undefined && sizeOf(this.#path) === 0) {
      this.#startAnew(StoreLost(this.#path, `is ${existsSync(this.#path) ? 'empty' : 'missing'}, but there was one`))
      expected = withoutStore(expected)
    }
    // A kill right after the file was made leaves it empty, which DuckDB would refuse for ever.
    if (sizeOf(this.#path) === 0) rmSync(this.#path, { force: true })
    try {
      return await this.#openFiles(expected)
    } catch (error) {
      if (!isStoreDamaged(error)) throw error
      this.#startAnew(error)
      return await this.#openFiles(expected && withoutStore(expected))
    }
  }

  async #openFiles(expected: MarkContent | undefined): Promise<OpenedStore> {
    // A copy that is there while the log is gone is of an opening that did not come to its end.
    const walBytes = sizeOf(this.#wal)
    if (walBytes > 0) copyFile(this.#wal, this.#keptWal)
    const isTorn = walBytes > 0 && walBytes < (expected?.walBytes ?? 0)

    let connection = await this.#connect()
    let missing = 0
    try {
      await migrate(connection.session, this.#path, this.#options.migrations)
      // An opening is a change, too.
      const commits = await nextCommit(connection.session)
      missing = Number((expected?.commits ?? 0n) - commits) + 1
      const damaged = await findDamagedTables(connection.session)
      if (damaged.length > 0) connection = await this.#salvage(connection, damaged, commits)
      const { session, instance } = connection
      await this.#reportLoss(session, missing, isTorn)
      if (walBytes > 0) await session.script('CHECKPOINT')
      const mark = StoreMark.open(this.#markPath, {
        ...{ commits, walBytes: sizeOf(this.#wal), journalBytes: expected?.journalBytes ?? 0 }
      })
      return { instance, writer: session, reader: new Session(await instance.connect()), mark, expected }
    } catch (error) {
      close(connection)
      if (expected !== undefined && missing > 0) this.#remember(expected)
      throw isDamage(messageOf(error)) && !isStoreDamaged(error) ? StoreDamaged(this.#path, messageOf(error)) : error
    }
  }

  /** The next opening finds as much missing as this one, which was a change. */
  #remember(expected: MarkContent): void {
    StoreMark.open(this.#markPath, { ...expected, commits: expected.commits + 1n }).close()
  }

  get #markPath(): string {
    return `${this.#path}.mark`
  }

  #readMark(): MarkContent | undefined {
    const mark = StoreMark.read(this.#markPath)
    if (mark !== 'damaged') return mark
    const keptAs = this.#files.setAside(this.#markPath)
    this.#report('what says how much was stored is damaged: a loss since the last start would not be noticed', {
      keptAs
    })
    return undefined
  }

  /** Sets all files aside where the loss is accepted, else fails. */
  #startAnew(error: Error): void {
    if (!this.#options.acceptLoss) throw error
    const keptAs = [this.#path, this.#wal].flatMap((file) => this.#files.setAside(file) ?? [])
    this.#report('the store is begun anew, as --accept-loss says: all tasks, handlers and states are lost', {
      ...{ reason: error.message, keptAs }
    })
  }

  async #connect(): Promise<Connection> {
    const instance = await this.#openInstance()
    return { instance, session: new Session(await instance.connect()) }
  }

  /** Cuts the log before what is damaged in it, as often as need be. */
  async #openInstance(): Promise<DuckDBInstance> {
    for (let cuts = 0; ; cuts++) {
      try {
        return await openInstance(this.#path, this.#options)
      } catch (error) {
        if (!isStoreDamaged(error)) throw error
        if (cuts < MAX_CUTS && this.#cutLog(error.message)) continue
        this.#restoreLog()
        throw error
      }
    }
  }

  /** @returns Whether there was something to cut. Without a copy of the log it stays as it is. */
  #cutLog(message: string): boolean {
    const isAboutLog = /Corrupt WAL file|WAL version|checkpoint iteration/.test(message)
    if (!isAboutLog || sizeOf(this.#wal) === 0 || sizeOf(this.#keptWal) === 0) return false
    const position = Number(/at byte position (\d+)/.exec(message)?.[1] ?? 0)
    if (position >= sizeOf(this.#wal)) return false
    truncateSync(this.#wal, position)
    this.#lostWalBytes = sizeOf(this.#keptWal) - position
    return true
  }

  /** DuckDB removes the log of a file that it cannot open. */
  #restoreLog(): void {
    if (sizeOf(this.#keptWal) > 0) renameSync(this.#keptWal, this.#wal)
  }

  /**
   * Tells what the log has lost, and keeps a copy of it then.
   * @param missing Changes that are not there. DuckDB counts one that is cut off in its midst as there.
   */
  async #reportLoss(session: Session, missing: number, isTorn: boolean): Promise<void> {
    const lost = Math.max(missing, isTorn || this.#lostWalBytes > 0 ? 1 : 0)
    if (lost === 0) return rmSync(this.#keptWal, { force: true })
    const keptAs = this.#files.setAside(this.#keptWal, this.#wal)
    const what = lost === 1 ? 'its last change' : `its last ${lost} changes`
    const isEmpty = (await definitionsIn(session)) === 0
    if (isEmpty && !this.#options.acceptLoss) {
      throw StoreLost(this.#path, `has lost ${what}, and there is no definition in what is left`)
    }
    const reason = 'its log was damaged, cut or removed, or an older file was put in its place'
    this.#report(`the store has lost ${what}: ${reason}`, {
      'lost-changes': lost,
      'lost-bytes': this.#lostWalBytes,
      keptAs
    })
  }

  /** Goes on with a copy of what can be read. */
  async #salvage(damagedStore: Connection, damaged: readonly DamagedTable[], commits: bigint): Promise<Connection> {
    const { acceptLoss, migrations } = this.#options
    const needed = damaged.find(({ name, rows }) => rows > 0 && !EXPENDABLE.has(name))
    if (needed !== undefined && !acceptLoss) {
      throw StoreDamaged(this.#path, `the table ${needed.name} cannot be read: ${needed.detail}`)
    }
    const copy = `${this.#path}.salvaged`
    for (const file of [copy, `${copy}.wal`]) rmSync(file, { force: true })
    const tables = await salvage(damagedStore.session, damaged, copy, migrations, commits)
    close(damagedStore)
    const keptAs = [this.#path, this.#wal].flatMap((file) => this.#files.setAside(file) ?? [])
    renameSync(copy, this.#path)
    const lost = Object.fromEntries(tables.map(({ name, lostRows }) => [`lost-${name}`, lostRows]))
    this.#report('the file of the store was damaged: rows that could not be read are lost', { ...lost, keptAs })
    return await this.#connect()
  }

  #report(message: string, { keptAs, ...fields }: Record<string, unknown>): void {
    const kept = [keptAs ?? []].flat()
    this.#options.onLoss({
      message,
      fields: { store: this.#path, ...fields, ...(kept.length > 0 && { 'kept-as': kept.join(', ') }) }
    })
  }
}

interface Connection {
  readonly instance: DuckDBInstance
  readonly session: Session
}

/** The journal is as it was. */
function withoutStore(expected: MarkContent): MarkContent {
  return { ...expected, commits: 0n, walBytes: 0 }
}

function close({ instance, session }: Connection): void {
  session.close()
  instance.closeSync()
}

function isStoreDamaged(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'STORE_DAMAGED'
}

/** How many rows there are that a client or a file has made. */
async function definitionsIn(session: Session): Promise<number> {
  let count = 0
  for (const table of await tablesOf(session)) if (!EXPENDABLE.has(table)) count += await countOf(session, table)
  return count
}
