import assert from 'node:assert'
import { closeSync, constants, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'

/** Something that is under way, or was at a crash. */
interface Mark {
  readonly slot: number
  readonly crashes: number
  isUnderWay: boolean
}

/** Longest key, in bytes. */
const KEY_MAX_BYTES = 56
const KEY = new RegExp(`^[!-~]{1,${KEY_MAX_BYTES}}$`)
const SLOT_BYTES = KEY_MAX_BYTES + 8
/** Further ones are not marked. */
const MAX_MARKS = 4096
const PATTERN = /^([uw]) (\d{1,3}) (\S+)$/

/**
 * What is under way, in a small file that a crash of the process leaves as it was: so the next process knows what was
 * under way at a crash, and at how many. The file is written in place and without waiting for the disk, since a crash
 * of the process loses nothing that the system has. A failure of power may leave an older state, which names what is
 * over by then. A file that cannot be written keeps nothing from going on: what a crash would not count is counted.
 */
export class CrashMarks {
  /** undefined: it could not be written at the start, and is as the process before left it. */
  readonly #file: number | undefined
  readonly #marks = new Map<string, Mark>()
  readonly #free: number[] = []
  #slots = 0
  #isClosed = false
  /** Marks for which there was no room: of the oldest that waited, or of what began when all were under way. */
  dropped = 0
  /** Marks that could not be written. */
  failed = 0

  /** Makes the file where it is missing. What it says is under way has been at one crash more. */
  static open(path: string): CrashMarks {
    const found = existsSync(path) ? readFileSync(path, 'latin1').split('\n') : []
    return new CrashMarks(path, found)
  }

  /** @param lines Of the file. */
  private constructor(path: string, lines: readonly string[]) {
    for (const line of lines) {
      const [, state, crashes, key] = PATTERN.exec(line.trimEnd()) ?? []
      if (key === undefined || key.length > KEY_MAX_BYTES || this.#marks.size >= MAX_MARKS) continue
      const mark = { slot: this.#slots++, crashes: Number(crashes) + (state === 'u' ? 1 : 0), isUnderWay: false }
      this.#marks.set(key, mark)
    }
    this.#file = this.#replace(path)
  }

  /** What was under way at a crash and has not been forgotten. */
  get suspects(): number {
    let suspects = 0
    for (const { crashes } of this.#marks.values()) if (crashes > 0) suspects++
    return suspects
  }

  /** How many crashes found a delivery under way. */
  crashesOf(key: string): number {
    return this.#marks.get(key)?.crashes ?? 0
  }

  /** @param key Without spaces, up to 56 letters of ASCII. */
  begin(key: string): void {
    assert(KEY.test(key), `no key of a mark: ${key}`)
    const mark = this.#marks.get(key)
    if (mark !== undefined) this.#set(key, mark, true)
    else if (this.#marks.size < MAX_MARKS || this.#dropOldest()) this.#put(key)
    else this.dropped++
  }

  /** Notes that a delivery is no longer under way; how often it was at a crash is kept. */
  end(key: string): void {
    const mark = this.#marks.get(key)
    if (mark === undefined) return
    if (mark.crashes === 0) this.forget(key)
    else if (mark.isUnderWay) this.#set(key, mark, false)
  }

  /** Forgets a delivery that will not be under way again. */
  forget(key: string): void {
    const mark = this.#marks.get(key)
    if (mark === undefined) return
    this.#marks.delete(key)
    this.#free.push(mark.slot)
    this.#write(mark.slot, slotOf(''))
  }

  /** Says that nothing is under way. */
  close(): void {
    for (const key of [...this.#marks.keys()]) this.end(key)
    this.#isClosed = true
    if (this.#file !== undefined) closeSync(this.#file)
  }

  /** Puts a file with the marks in the place of the one before, at once: a crash leaves one of the two. */
  #replace(path: string): number | undefined {
    const aside = `${path}.new`
    try {
      writeFileSync(aside, [...this.#marks].map(([key, mark]) => lineOf(key, mark)).join(''), { mode: 0o600 })
      renameSync(aside, path)
      return openSync(path, constants.O_RDWR)
    } catch {
      this.failed++
      return undefined
    }
  }

  #put(key: string): void {
    const mark = { slot: this.#free.pop() ?? this.#slots++, crashes: 0, isUnderWay: true }
    this.#marks.set(key, mark)
    this.#write(mark.slot, lineOf(key, mark))
  }

  #set(key: string, mark: Mark, isUnderWay: boolean): void {
    mark.isUnderWay = isUnderWay
    this.#write(mark.slot, lineOf(key, mark))
  }

  /** Makes room by what has been waiting longest. */
  #dropOldest(): boolean {
    for (const [key, { isUnderWay }] of this.#marks) {
      if (isUnderWay) continue
      this.dropped++
      this.forget(key)
      return true
    }
    return false
  }

  #write(slot: number, line: string): void {
    if (this.#isClosed) return
    try {
      if (this.#file === undefined) throw new Error('the file was not written at the start')
      writeSync(this.#file, line, slot * SLOT_BYTES)
    } catch {
      this.failed++ // On a full disk a crash is not counted.
    }
  }
}

function lineOf(key: string, { crashes, isUnderWay }: Mark): string {
  return slotOf(`${isUnderWay ? 'u' : 'w'} ${Math.min(crashes, 999)} ${key}`)
}

function slotOf(text: string): string {
  return `${text.padEnd(SLOT_BYTES - 1)}\n`
}
