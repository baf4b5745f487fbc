import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/**
 * A small file beside the store that says how much was safe in it, so that what is missing later is noticed: DuckDB
 * takes a log that is gone, cut or of garbage for one that had nothing. It is written after what it speaks of is on
 * disk, in place and without waiting; after a failure of power it may say less than there was, but never more.
 */
export interface MarkContent {
  /** Transactions that were committed. */
  readonly commits: bigint
  /** Bytes of the write-ahead log after the last of them. */
  readonly walBytes: number
  /** Bytes of the journal whose rows somebody counts on. */
  readonly journalBytes: number
}

/** One sector is written whole or not at all. */
const LENGTH = 128
const PATTERN = /^kapok-store commits=(\d+) wal=(\d+) journal=(\d+) crc=([\da-f]{8})\s*$/

export class StoreMark {
  readonly #file: number
  #content: MarkContent

  private constructor(file: number, content: MarkContent) {
    this.#file = file
    this.#content = content
  }

  /** @returns undefined where there is no such file, 'damaged' where it says nothing that can be read. */
  static read(path: string): MarkContent | 'damaged' | undefined {
    try {
      return parse(readFileSync(path, 'latin1'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Makes the file, or writes over the one that is there. */
  static open(path: string, content: MarkContent): StoreMark {
    const mark = new StoreMark(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600), content)
    mark.#write(content)
    return mark
  }

  committed(commits: bigint, walBytes: number): void {
    this.#write({ ...this.#content, commits, walBytes })
  }

  /** Stores how long the journal is; called after it has grown, and before it is emptied. */
  journalHas(journalBytes: number): void {
    this.#write({ ...this.#content, journalBytes })
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(content: MarkContent): void {
    this.#content = content
    try {
      writeSync(this.#file, format(content), 0)
    } catch {
      // The mark says less than there is, then; what is stored is safe all the same.
    }
  }
}

function format({ commits, walBytes, journalBytes }: MarkContent): string {
  const text = `kapok-store commits=${commits} wal=${walBytes} journal=${journalBytes}`
  return `${text} crc=${crc32(text).toString(16).padStart(8, '0')}`.padEnd(LENGTH - 1) + '\n'
}

function parse(text: string): MarkContent | 'damaged' {
  const [, commits, wal, journal] = PATTERN.exec(text) ?? []
  if (commits === undefined) return 'damaged'
  const content = { commits: BigInt(commits), walBytes: Number(wal), journalBytes: Number(journal) }
  return format(content) === text ? content : 'damaged'
}
