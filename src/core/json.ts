/**
 * Reads JSON without losing what `JSON.parse` loses: `1` and `1.0` differ, integers past 2^53 are exact. Accepts and
 * refuses what Go's decoder does, in its words; an object is a Map, so no key can reach a prototype.
 * (A library would bring its own number class and error words, and plain objects; this is what we need of one.)
 */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject
export type JsonObject = ReadonlyMap<string, Json>

/** A number as it was written. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The int64; undefined where it is written as a fraction or with an exponent, or does not fit. */
  toInt(): bigint | undefined {
    if (!/^-?\d+$/.test(this.text) || this.text.length > 20) return undefined
    const value = BigInt(this.text)
    return BigInt.asIntN(64, value) === value ? value : undefined
  }

  /** The double; undefined where it overflows. */
  toFloat(): number | undefined {
    const value = Number(this.text)
    return Number.isFinite(value) ? value : undefined
  }
}

export type JsonResult = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string }

/**
 * @param source `stream` reads the first value and leaves alone what follows, as Go's `Decoder` does with a request's
 * body; `document` is `Unmarshal`, which wants nothing else there.
 */
export function parseJson(text: string, source: 'document' | 'stream' = 'document'): JsonResult {
  try {
    return { ok: true, value: new JsonReader(text, source).read() }
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { ok: false, message: error.message }
    throw error
  }
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map
}

/** How Go's decoder names the kind of a value in its errors: `cannot unmarshal number into …`. */
export function jsonKindOf(value: Json): string {
  if (value === null) return 'null'
  if (value instanceof JsonNumber) return 'number'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return Array.isArray(value) ? 'array' : 'object'
}

/** A member as Go finds it for a struct's field: in any case, the last one of several. */
export function findMember(object: JsonObject, name: string): Json | undefined {
  const wanted = name.toLowerCase()
  let found: Json | undefined
  for (const [key, value] of object) if (key === name || key.toLowerCase() === wanted) found = value
  return found
}

/** Plain JavaScript: what `JSON.parse` gives, except that integers past 2^53 are bigints. */
export function plainOf(value: Json): unknown {
  if (value instanceof JsonNumber) {
    const number = Number(value.text)
    return Number.isSafeInteger(number) ? number : (value.toInt() ?? number)
  }
  if (Array.isArray(value)) return value.map(plainOf)
  if (!isJsonObject(value)) return value
  // `fromEntries` defines members and so makes `__proto__` an ordinary one.
  return Object.fromEntries([...value].map(([key, member]) => [key, plainOf(member)]))
}

const MAX_DEPTH = 1000
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const PLAIN_STRING = /"[^"\\\p{Cc}]*"/uy
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t']
])

class JsonSyntaxError extends Error {}

class JsonReader {
  readonly #text: string
  readonly #isStream: boolean
  #index = 0
  #depth = 0

  constructor(text: string, source: 'document' | 'stream') {
    this.#text = text
    this.#isStream = source === 'stream'
  }

  read(): Json {
    if (this.#skipSpace() === undefined && this.#isStream) throw new JsonSyntaxError('EOF')
    const value = this.#value('looking for beginning of value')
    if (!this.#isStream && this.#skipSpace() !== undefined) this.#refuse('after top-level value')
    return value
  }

  #value(place: string): Json {
    const first = this.#skipSpace()
    switch (first) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        return this.#literal('true', true)
      case 'f':
        return this.#literal('false', false)
      case 'n':
        return this.#literal('null', null)
      default:
        return first === '-' || isDigit(first) ? this.#number() : this.#refuse(place)
    }
  }

  #object(): JsonObject {
    this.#enter()
    const members = new Map<string, Json>()
    if (this.#skipSpace() === '}') return this.#leave(members)
    for (;;) {
      if (this.#skipSpace() !== '"') this.#refuse('looking for beginning of object key string')
      const key = this.#string()
      if (this.#skipSpace() !== ':') this.#refuse('after object key')
      this.#index++
      members.set(key, this.#value('looking for beginning of value'))
      const next = this.#skipSpace()
      if (next === '}') return this.#leave(members)
      if (next !== ',') this.#refuse('after object key:value pair')
      this.#index++
    }
  }

  #array(): readonly Json[] {
    this.#enter()
    const items: Json[] = []
    if (this.#skipSpace() === ']') return this.#leave(items)
    for (;;) {
      items.push(this.#value('looking for beginning of value'))
      const next = this.#skipSpace()
      if (next === ']') return this.#leave(items)
      if (next !== ',') this.#refuse('after array element')
      this.#index++
    }
  }

  #enter(): void {
    this.#index++
    if (++this.#depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth')
  }

  #leave<T>(value: T): T {
    this.#index++
    this.#depth--
    return value
  }

  #string(): string {
    PLAIN_STRING.lastIndex = this.#index
    if (PLAIN_STRING.test(this.#text)) {
      const start = this.#index + 1
      this.#index = PLAIN_STRING.lastIndex
      return this.#text.slice(start, this.#index - 1)
    }
    const pieces: string[] = []
    for (let start = ++this.#index; ; start = this.#index) {
      while (isPlain(this.#text.charCodeAt(this.#index))) this.#index++
      pieces.push(this.#text.slice(start, this.#index))
      const stop = this.#text[this.#index]
      if (stop === '\\') pieces.push(this.#escape())
      else if (stop === '"') break
      else this.#refuse('in string literal')
    }
    this.#index++
    return pieces.join('')
  }

  #escape(): string {
    const letter = this.#text[++this.#index]
    if (letter === 'u') return this.#codeUnits()
    const plain = letter === undefined ? undefined : ESCAPES.get(letter)
    if (plain === undefined) return this.#refuse('in string escape code')
    this.#index++
    return plain
  }

  /** A `\u` escape or two of them; half a pair is U+FFFD. */
  #codeUnits(): string {
    const high = this.#codeUnit()
    if (high < 0xd800 || high > 0xdfff) return String.fromCharCode(high)
    const start = this.#index
    if (high < 0xdc00 && this.#text.startsWith('\\u', start)) {
      this.#index++
      const low = this.#codeUnit()
      if (low >= 0xdc00 && low < 0xe000) return String.fromCharCode(high, low)
      this.#index = start
    }
    return '\ufffd'
  }

  #codeUnit(): number {
    let code = 0
    for (let i = 0; i < 4; i++) {
      const digit = Number.parseInt(this.#text[++this.#index] ?? '', 16)
      if (Number.isNaN(digit)) this.#refuse('in \\u hexadecimal character escape')
      code = code * 16 + digit
    }
    this.#index++
    return code
  }

  #literal<T>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      this.#index++
      if (this.#text[this.#index] !== word[i]) this.#refuse(`in literal ${word} (expecting '${word[i]}')`)
    }
    this.#index++
    return value
  }

  #number(): JsonNumber {
    const start = this.#index
    NUMBER.lastIndex = start
    if (!NUMBER.test(this.#text)) {
      this.#index++ // a sign alone
      this.#refuse('in numeric literal')
    }
    this.#index = NUMBER.lastIndex
    const text = this.#text.slice(start, this.#index)
    this.#checkEndOfNumber(text)
    return new JsonNumber(text)
  }

  /** A dot or an exponent that the pattern left over lacks its digits. */
  #checkEndOfNumber(text: string): void {
    const next = this.#text[this.#index]
    const hasExponent = /e/i.test(text)
    if (next === '.' && !hasExponent && !text.includes('.')) {
      this.#index++
      this.#refuse('after decimal point in numeric literal')
    }
    if ((next === 'e' || next === 'E') && !hasExponent) {
      this.#index++
      const sign = this.#text[this.#index]
      if (sign === '+' || sign === '-') this.#index++
      this.#refuse('in exponent of numeric literal')
    }
  }

  #skipSpace(): string | undefined {
    for (;;) {
      const code = this.#text.charCodeAt(this.#index)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return this.#text[this.#index]
      this.#index++
    }
  }

  #refuse(place: string): never {
    const code = this.#text.codePointAt(this.#index)
    if (code !== undefined) throw new JsonSyntaxError(`invalid character ${quoteByte(code)} ${place}`)
    if (this.#isStream) throw new JsonSyntaxError('unexpected EOF')
    // Go ends a document with a space, which is wrong inside of a word, a number or an escape.
    const isWithin = /^in (?!string literal)|numeric/.test(place)
    throw new JsonSyntaxError(isWithin ? `invalid character ' ' ${place}` : 'unexpected end of JSON input')
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

/** False for NaN, the end. */
function isPlain(code: number): boolean {
  return code >= 32 && code !== 34 && code !== 92
}

/** Go names the byte, not the character, and prints it as if it were one. */
function quoteByte(code: number): string {
  if (code === 39) return `'\\''`
  if (code === 34) return `'"'`
  const byte = code < 0x80 ? code : (Buffer.from(String.fromCodePoint(code))[0] ?? 0)
  if (byte >= 0x80)
    return byte >= 0xa1 && byte !== 0xad ? `'${String.fromCharCode(byte)}'` : `'\\u00${byte.toString(16)}'`
  if (byte >= 32 && byte < 127) return byte === 92 ? `'\\\\'` : `'${String.fromCharCode(byte)}'`
  const short = '\x07\b\t\n\v\f\r'.indexOf(String.fromCharCode(byte))
  return short >= 0 ? `'\\${'abtnvfr'[short]}'` : `'\\x${byte.toString(16).padStart(2, '0')}'`
}
