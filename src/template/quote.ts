/** Go's quoted forms of strings and characters (`%q`, `%#U`), and the reading of quoted literals. */

const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u
const SHORT: ReadonlyMap<number, string> = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [92, '\\\\']
])

export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character)
}

export function quote(text: string, quotation = '"', isAscii = false): string {
  let out = quotation
  for (const character of text) out += character === quotation ? `\\${quotation}` : escape(character, isAscii)
  return out + quotation
}

/** `U+0040 '@'` */
export function unicodeName(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  return isPrintable(character) ? `U+${hex} '${character}'` : `U+${hex}`
}

/** The value of a Go string literal or character constant, or undefined where it is malformed. */
export function unquote(literal: string): string | undefined {
  const quotation = literal[0]!
  if (quotation === '`') return literal.slice(1, -1).replaceAll('\r', '')
  const body = literal.slice(1, -1)
  const bytes: Buffer[] = []
  const pattern = /\\(?:([abfnrtv\\'"])|([0-7]{3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))|[^\\\n]+/y
  for (pattern.lastIndex = 0; pattern.lastIndex < body.length;) {
    const match = pattern.exec(body)
    if (match === null) return undefined
    const [all, short, octal, hex, unicode, long] = match
    const byte = octal !== undefined ? parseInt(octal, 8) : hex !== undefined ? parseInt(hex, 16) : undefined
    if (byte !== undefined) {
      if (byte > 255) return undefined
      bytes.push(Buffer.of(byte))
    } else if (short !== undefined) {
      if ((short === '"' || short === "'") && short !== quotation) return undefined
      bytes.push(Buffer.from('\x07\b\f\n\r\t\v\\\'"'['abfnrtv\\\'"'.indexOf(short)]!))
    } else if (unicode !== undefined || long !== undefined) {
      const code = parseInt((unicode ?? long)!, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
      bytes.push(Buffer.from(String.fromCodePoint(code)))
    } else {
      bytes.push(Buffer.from(all))
    }
  }
  return Buffer.concat(bytes).toString('utf8')
}

function escape(character: string, isAscii: boolean): string {
  const code = character.codePointAt(0)!
  const short = SHORT.get(code)
  if (short !== undefined) return short
  if (isPrintable(character) && (!isAscii || code < 0x80)) return character
  const hex = code.toString(16)
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
}
