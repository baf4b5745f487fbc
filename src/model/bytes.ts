/**
 * Texts as the bytes of UTF-8 that Go's strings are. A byte that belongs to no character, since one was cut, is kept as
 * a lone surrogate: byte 0x80 + n is U+DC80 + n. So every string of bytes is one text and every text one string of
 * bytes; texts of whole characters, nearly all, are what they always were. Encoders write U+FFFD for each such byte.
 * Differs: line protocol that |influxDBOut and |kapacitorLoopback write has U+FFFD for a byte of a cut character, where
 * Kapacitor writes the byte as it is.
 */

/** Longest text that lambdas make, in UTF-16 units. */
export const TEXT_MAX_LENGTH = 1024 * 1024

const CUT_BYTES = /[\udc80-\udcff]+/gu
/** Distance of a byte from the lone surrogate that keeps it. */
const CUT = 0xdc00

/**
 * Order of the UTF-8 bytes of two strings: equals code point order, which JavaScript's `<` breaks past U+FFFF; bytes of
 * cut characters count as what they are.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    if (isCutAt(a, i, x) || isCutAt(b, i, y)) return Buffer.compare(bytesOf(a), bytesOf(b))
    return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000
}

function isCutAt(text: string, index: number, unit: number): boolean {
  return (unit & 0xff80) === 0xdc80 && (index === 0 || (text.charCodeAt(index - 1) & 0xfc00) !== 0xd800)
}

export function byteLength(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) length += 1
    else if ((unit & 0xfc00) === 0xd800 && i + 1 < text.length) {
      length += 2
      i++
    } else if ((unit & 0xff80) !== 0xdc80) length += 2
  }
  return length
}

/** Two texts in one: what was cut between them is whole again. Throws where the text would be too long. */
export function joinTexts(a: string, b: string): string {
  if (a.length + b.length > TEXT_MAX_LENGTH) throw textTooLong()
  return (b.charCodeAt(0) & 0xffc0) === 0xdc80 ? mendCuts(a + b) : a + b
}

export function textTooLong(): Error {
  return new RangeError(`a string would be longer than ${TEXT_MAX_LENGTH} characters`)
}

/** Bytes of cut characters that came to stand side by side become characters, as far as they make some. */
export function mendCuts(text: string): string {
  if (text.isWellFormed()) return text
  return text.replace(CUT_BYTES, (cut) => (cut.length === 1 ? cut : textOfBytes(bytesOfCut(cut))))
}

/** UTF-8, with the bytes of cut characters as they were. */
export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text)
  const parts: Buffer[] = []
  let end = 0
  for (const { index, 0: cut } of text.matchAll(CUT_BYTES)) {
    parts.push(Buffer.from(text.slice(end, index)), bytesOfCut(cut))
    end = index + cut.length
  }
  parts.push(Buffer.from(text.slice(end)))
  return Buffer.concat(parts)
}

function bytesOfCut(cut: string): Buffer {
  return Buffer.from(Array.from(cut, (unit) => unit.charCodeAt(0) - CUT))
}

/** Reads UTF-8; a byte that belongs to no character is kept. */
export function textOfBytes(bytes: Buffer): string {
  const plain = bytes.toString()
  if (!plain.includes('\ufffd')) return plain
  let text = ''
  let whole = 0
  for (let i = 0; i < bytes.length;) {
    const size = characterAt(bytes, i)
    if (size === 0) {
      text += bytes.toString('utf8', whole, i) + String.fromCharCode(CUT + bytes[i]!)
      whole = i + 1
    }
    i += size || 1
  }
  return text + bytes.toString('utf8', whole)
}

/** Bytes of the character that begins at a place; 0 where none does. @see RFC 3629, section 4. */
function characterAt(bytes: Buffer, at: number): number {
  const lead = bytes[at]!
  if (lead < 0x80) return 1
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  if (size === 0 || at + size > bytes.length) return 0
  const [least, most] = secondByteOf(lead)
  const second = bytes[at + 1]!
  if (second < least || second > most) return 0
  for (let i = at + 2; i < at + size; i++) if ((bytes[i]! & 0xc0) !== 0x80) return 0
  return size
}

function secondByteOf(lead: number): readonly [least: number, most: number] {
  if (lead === 0xe0) return [0xa0, 0xbf]
  if (lead === 0xed) return [0x80, 0x9f]
  if (lead === 0xf0) return [0x90, 0xbf]
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf]
}
