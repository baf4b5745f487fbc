import { compareBytes } from '../model/bytes.ts'
import { TagKeys, Tags } from '../model/series.ts'

const COMMA = 44
const EQUALS = 61
const BACKSLASH = 92

/** Measurement and tags as a key without escapes spells them. */
export interface PlainKey {
  readonly measurement: string
  readonly tags: Tags
}

/**
 * Reads the keys of new series. Most have no escapes and the tag names of the series before them, which are then used
 * again; whatever else is left to the strict parser.
 */
export class PlainKeyReader {
  /** Tag names of the last key, in the order in which they stood. */
  #names: string[] = []
  #keys = TagKeys.EMPTY
  /** Where the values go that do not stand in order. */
  #order: number[] | undefined
  /** Values of its tags, in the order of the keys: some tags have one value only. */
  #values: readonly string[] = []
  #measurement = ''

  /** @returns undefined for a key that is not plain, or none at all, or has too many tags. */
  read(bytes: Buffer, start: number, end: number, maxTags: number): PlainKey | undefined {
    let p = start
    while (p < end && bytes[p] !== COMMA) if (bytes[p++] === BACKSLASH) return undefined
    if (p === start) return undefined
    const measurement = this.#textOf(bytes, start, p, this.#measurement)
    const values: string[] = []
    const names: string[] = []
    let isSame = true
    while (p < end) {
      if (names.length === maxTags) return undefined
      const nameStart = ++p
      let c = 0
      while (p < end && (c = bytes[p]!) !== EQUALS && c !== COMMA && c !== BACKSLASH) p++
      if (p === nameStart || c !== EQUALS) return undefined
      const known = this.#names[names.length]
      const name = this.#textOf(bytes, nameStart, p, known)
      if (name !== known) isSame = false
      names.push(name)
      const valueStart = ++p
      while (p < end && (c = bytes[p]!) !== COMMA && c !== EQUALS && c !== BACKSLASH) p++
      if (p === valueStart || (p < end && c !== COMMA)) return undefined
      values.push(this.#textOf(bytes, valueStart, p, this.#values[values.length]))
    }
    if ((!isSame || names.length !== this.#names.length) && !this.#setNames(names)) return undefined
    this.#measurement = measurement
    this.#values = values
    const order = this.#order
    return { measurement, tags: new Tags(this.#keys, order === undefined ? values : order.map((i) => values[i]!)) }
  }

  /** @returns false where a name comes twice. */
  #setNames(names: string[]): boolean {
    const order = names.map((_, i) => i).sort((a, b) => compareBytes(names[a]!, names[b]!))
    const sorted = order.map((i) => names[i]!)
    if (sorted.some((name, i) => name === sorted[i + 1])) return false
    this.#names = names
    this.#keys = TagKeys.of(sorted)
    this.#order = order.every((from, to) => from === to) ? undefined : order
    return true
  }

  /** The text of some bytes: `known` itself where it is that, so that names are one string. */
  #textOf(bytes: Buffer, start: number, end: number, known: string | undefined): string {
    if (known !== undefined && known.length === end - start) {
      let i = 0
      while (i < known.length && known.charCodeAt(i) === bytes[start + i]) i++
      // A byte above 127 never equals the code of its character.
      if (i === known.length) return known
    }
    return bytes.toString('utf8', start, end)
  }
}
