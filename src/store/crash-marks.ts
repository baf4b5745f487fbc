import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

/** Something that is under way, or was at a crash. */
interface Mark {
  readonly slot: number
  readonly crashes: number
  isUnderWay: boolean
}

/** Longest key, in bytes. */
const KEY_MAX_BYTES = 56
const SLOT_BYTES = KEY_MAX_BYTES + 8
/** Further ones are not marked. */
const MAX_MARKS = 4096
const PATTERN = /^([uw]) (\d{1,3}) (\S+)$/

/**
 * What is under way, in a small file that a crash of the process leaves as it was: so the next process knows what was
 * under way at a crash, and at how many. The file is written in place and without waiting for the disk, since a crash
 * of the process loses nothing that the system has. A failure of power may leave an older state, which names what is
 * over by then.
 */
export class CrashMarks {
  readonly #file: number
  readonly #marks = new Map<string, Mark>()
  readonly #free: number[] = []
  #slots = 0
  #isClosed = false

  private constructor(file: number) {
    this.#file = file
  }

  /** Makes the file where it is missing. What it says is under way has been at one crash more. */
  static open(path: string): CrashMarks {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const marks = new CrashMarks(file)
    const found = readFileSync(file, 'latin1').split('\n')
    ftruncateSync(file)
    for (const line of found) {
      const [, state, crashes, key] = PATTERN.exec(line.trimEnd()) ?? []
      if (key !== undefined && marks.#marks.size < MAX_MARKS)
        marks.#put(key, Number(crashes) + (state === 'u' ? 1 : 0), false)
    }
    return marks
  }

  /** What was under way at a crash and has not been forgotten. */
  get suspects(): number {
    let suspects = 0
    for (const { crashes } of this.#marks.values()) if (crashes > 0) suspects++
    return suspects
  }

  /** At how many crashes it was under way. */
  crashesOf(key: string): number {
    return this.#marks.get(key)?.crashes ?? 0
  }

  /** @param key Without spaces, up to 56 bytes. */
  begin(key: string): void {
    const mark = this.#marks.get(key)
    if (mark !== undefined) this.#set(key, mark, true)
    else if (this.#marks.size < MAX_MARKS || this.#dropOldest()) this.#put(key, 0, true)
  }

  /** It is no longer under way; how often it was at a crash is kept. */
  end(key: string): void {
    const mark = this.#marks.get(key)
    if (mark === undefined) return
    if (mark.crashes === 0) this.forget(key)
    else if (mark.isUnderWay) this.#set(key, mark, false)
  }

  /** It will not be under way again. */
  forget(key: string): void {
    const mark = this.#marks.get(key)
    if (mark === undefined) return
    this.#marks.delete(key)
    this.#free.push(mark.slot)
    this.#write(mark.slot, '')
  }

  /** Says that nothing is under way. */
  close(): void {
    for (const key of [...this.#marks.keys()]) this.end(key)
    this.#isClosed = true
    closeSync(this.#file)
  }

  #put(key: string, crashes: number, isUnderWay: boolean): void {
    const mark = { slot: this.#free.pop() ?? this.#slots++, crashes, isUnderWay }
    this.#marks.set(key, mark)
    this.#set(key, mark, isUnderWay)
  }

  #set(key: string, mark: Mark, isUnderWay: boolean): void {
    mark.isUnderWay = isUnderWay
    this.#write(mark.slot, `${isUnderWay ? 'u' : 'w'} ${Math.min(mark.crashes, 999)} ${key}`)
  }

  /** Makes room by what has been waiting longest. */
  #dropOldest(): boolean {
    for (const [key, { isUnderWay }] of this.#marks) {
      if (isUnderWay) continue
      this.forget(key)
      return true
    }
    return false
  }

  #write(slot: number, text: string): void {
    if (this.#isClosed) return
    try {
      writeSync(this.#file, text.padEnd(SLOT_BYTES - 1) + '\n', slot * SLOT_BYTES)
    } catch {
      // On a full disk a crash is not counted.
    }
  }
}
