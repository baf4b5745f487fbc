/** Words that name nothing unless they are quoted. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `ALL ALTER ANALYZE AND ANY AS ASC BEGIN BY CARDINALITY CONTINUOUS CREATE DATABASE DATABASES DEFAULT DELETE DESC
  DESTINATIONS DIAGNOSTICS DISTINCT DROP DURATION END EVERY EXACT EXPLAIN FALSE FIELD FOR FROM GRANT GRANTS GROUP
  GROUPS IN INF INSERT INTO KEY KEYS KILL LIMIT MEASUREMENT MEASUREMENTS NAME OFFSET ON OR ORDER PASSWORD POLICIES
  POLICY PRIVILEGES QUERIES QUERY READ REPLICATION RESAMPLE RETENTION REVOKE SELECT SERIES SET SHARD SHARDS SHOW
  SLIMIT SOFFSET STATS SUBSCRIPTION SUBSCRIPTIONS TAG TO TRUE USER USERS VALUES VERBOSE WHERE WITH WRITE`.split(/\s+/)
)

/**
 * `kind` is the keyword, the operator or the sign itself, or one of `EOF`, `WS`, `COMMENT`, `ILLEGAL`, `BADSTRING`,
 * `BADESCAPE`, `BADREGEX`, `identifier`, `string`, `number`, `integer`, `duration`, `regex`, `parameter`.
 */
export interface Token {
  readonly kind: string
  /** What the token stands for; '' where the kind says all. */
  readonly text: string
  readonly start: number
}

const SPACE = /[ \t\n\r]+/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const PARAMETER = /\$[A-Za-z0-9_]*/y
const NUMBER = /\d*\.\d+|\d+\./y
const DURATION = /\d+[A-Za-zµ][A-Za-z0-9µ]*/uy
const INTEGER = /\d+/y
const LINE_COMMENT = /--[^\n]*/y
const SIGN = /=~|!=|!~|<>|<=|>=|::|[-+*/%&|^=<>(),;:.]/y
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"]
])

export function isKeyword(word: string): boolean {
  return KEYWORDS.has(word.toUpperCase())
}

/** Tokens of InfluxQL from any place on, so that a parser can go back. A slash starts a regex only where one is due. */
export class Lexer {
  index = 0
  readonly #text: string
  /** A word or a space went on to the end: InfluxDB then counts the end as a character, which its errors show. */
  #hasTouchedEnd = false

  constructor(text: string) {
    this.#text = text
  }

  /** The next token, be it space. */
  scan(): Token {
    const start = this.index
    const first = this.#text[start]
    if (first === undefined) return { kind: 'EOF', text: '', start: start + (this.#hasTouchedEnd ? 1 : 0) }
    if (this.#skip(SPACE)) return this.#touching({ kind: 'WS', text: '', start })
    if (this.#skip(WORD)) {
      const text = this.#text.slice(start, this.index)
      const token = isKeyword(text) ? { kind: text.toUpperCase(), text: '' } : { kind: 'identifier', text }
      return this.#touching({ ...token, start })
    }
    if (first === '"') return this.#quoted('identifier')
    if (first === "'") return this.#quoted('string')
    if (this.#skip(PARAMETER)) return this.#touching({ kind: 'parameter', text: this.#since(start), start })
    if (this.#skip(NUMBER)) return { kind: 'number', text: this.#since(start).replace(/\.$/, ''), start }
    if (this.#skip(DURATION)) return { kind: 'duration', text: this.#since(start), start }
    if (this.#skip(INTEGER)) return { kind: 'integer', text: this.#since(start), start }
    if (this.#skip(LINE_COMMENT)) return this.#touching({ kind: 'COMMENT', text: '', start })
    if (this.#text.startsWith('/*', start)) return this.#blockComment()
    if (this.#skip(SIGN)) {
      const sign = this.#since(start)
      return { kind: sign === '<>' ? '!=' : sign, text: '', start }
    }
    const char = String.fromCodePoint(this.#text.codePointAt(start)!)
    this.index += char.length
    return { kind: 'ILLEGAL', text: char, start }
  }

  /** The next token but for space and comments. */
  next(): Token {
    for (;;) {
      const token = this.scan()
      if (token.kind !== 'WS' && token.kind !== 'COMMENT') return token
    }
  }

  /** What comes next, without taking it. */
  peek(scan: 'scan' | 'next' = 'next'): Token {
    const { index } = this
    const token = this[scan]()
    this.index = index
    return token
  }

  /** A regex, where space and a slash are next; undefined, with nothing taken, where they are not. */
  findRegex(): Token | undefined {
    const { index } = this
    this.#skip(SPACE)
    const start = this.index
    if (this.#text[start] !== '/') {
      this.index = index
      return undefined
    }
    let text = ''
    for (let i = start + 1; i < this.#text.length; i++) {
      const char = this.#text[i]!
      if (char === '\n') break
      if (char === '/') {
        this.index = i + 1
        return { kind: 'regex', text, start }
      }
      if (char === '\\' && this.#text[i + 1] === '/') {
        text += '/'
        i++
      } else if (char === '\\' && i + 1 < this.#text.length) text += char + this.#text[++i]!
      else text += char
    }
    return { kind: 'BADREGEX', text, start }
  }

  /** Line and character, from 1, as errors tell them. */
  placeOf(start: number): string {
    const before = this.#text.slice(0, start).replaceAll('\r\n', '\n')
    const line = before.split('\n')
    const beyond = Math.max(0, start - this.#text.length)
    return `line ${line.length}, char ${[...line.at(-1)!].length + beyond + 1}`
  }

  #quoted(kind: string): Token {
    const start = this.index
    const quote = this.#text[start]!
    let text = ''
    for (let i = start + 1; ; i++) {
      const char = this.#text[i]
      if (char === undefined || char === '\n') {
        this.index = i
        return { kind: 'BADSTRING', text, start }
      }
      if (char === quote) {
        this.index = i + 1
        return { kind, text, start }
      }
      if (char !== '\\') {
        text += char
        continue
      }
      const escaped = ESCAPES.get(this.#text[++i] ?? '')
      if (escaped === undefined) {
        this.index = i
        return { kind: 'BADESCAPE', text: `\\${this.#text[i] ?? ''}`, start: i }
      }
      text += escaped
    }
  }

  #blockComment(): Token {
    const start = this.index
    const end = this.#text.indexOf('*/', start + 2)
    this.index = end < 0 ? this.#text.length : end + 2
    return { kind: end < 0 ? 'ILLEGAL' : 'COMMENT', text: '', start }
  }

  #touching(token: Token): Token {
    if (this.index === this.#text.length) this.#hasTouchedEnd = true
    return token
  }

  #since(start: number): string {
    return this.#text.slice(start, this.index)
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.index
    if (!pattern.test(this.#text)) return false
    this.index = pattern.lastIndex
    return true
  }
}
