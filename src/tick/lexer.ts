import type { Position } from './ast.ts'
import { Source } from './source.ts'
import type { Token, TokenKind } from './token.ts'

/*
 * TICKscript's tokens. What a character means depends on the token before it: the lexer expects an operand (a `/`
 * starts a regular expression, a `*` is a star) or an operator (they divide and multiply). No pattern can
 * backtrack, so a token costs time in proportion to its length whatever it is made of.
 */
const SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*/y
const SPACE_IN_LINE = /[\t\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*/y
const TRIM =
  /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g
const OPERATOR = /[!=]~|[!=<>]=|[-+*%/<>=!]/y
const WORD = /\p{L}[\p{L}\p{Nd}_]*/uy
const NUMBER = /\p{Nd}*\.?\p{Nd}*/uy
const UNIT = /ms|[uµsmhdw]/y
const DIGIT = /\p{Nd}/uy
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u

const KEYWORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ['AND', 'AND'],
  ['OR', 'OR'],
  ['TRUE', 'TRUE'],
  ['FALSE', 'FALSE'],
  ['var', 'var'],
  ['dbrp', 'dbrp']
])
const PUNCTUATION = '()[],|@'
/** Tokens that an operator may follow. */
const OPERANDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'identifier', 'AND', 'OR', 'TRUE', 'FALSE', 'var', 'dbrp', 'lambda', 'number', 'duration', 'string', 'reference', ')'
]) // prettier-ignore

export class Lexer {
  readonly source: Source
  readonly #text: string
  #index = 0
  /** The last token, a comment included, was one that an operator may follow. */
  #expectsOperator = false
  /** The last token was `=`, `=~` or `!~`: a slash starts a regular expression, even `//`. */
  #forcesRegex = false
  #comment: (string | null)[] | undefined

  constructor(text: string) {
    this.source = new Source(text)
    this.#text = text
  }

  /** The next token that is no comment. After an `error` nothing sensible follows. */
  next(): Token {
    for (;;) {
      this.#index += this.#match(SPACE)
      if (!this.#forcesRegex && this.#text.startsWith('//', this.#index)) this.#lexComment()
      else return this.#lexToken()
    }
  }

  #lexToken(): Token {
    const isForced = this.#forcesRegex && this.#text[this.#index] === '/'
    this.#forcesRegex = false
    if (isForced) return this.#lexRegex()
    if (this.#expectsOperator) {
      const length = this.#match(OPERATOR)
      if (length > 0) return this.#lexOperator(length)
    }
    return this.#lexOperand()
  }

  #lexOperator(length: number): Token {
    const token = this.#token(this.#text.slice(this.#index, this.#index + length) as TokenKind, length)
    this.#forcesRegex = token.kind === '=' || token.kind === '=~' || token.kind === '!~'
    return token
  }

  #lexOperand(): Token {
    const first = this.#text[this.#index]
    if (first === undefined) return this.#token('EOF', 0)
    if (first === '-' || first === '!' || PUNCTUATION.includes(first)) return this.#token(first as TokenKind, 1)
    if (first === '*') return this.#token('star', 1)
    if (first === '"') return this.#quoted('reference', '"', 'unterminated field reference')
    if (first === "'") return this.#lexString()
    if (first === '/') return this.#lexRegex()
    if (first === '.' || this.#match(DIGIT) > 0) return this.#lexNumber()
    const length = this.#match(WORD)
    if (length > 0) return this.#lexWord(length)
    return this.#error(`unknown state, last char: ${quoteCharacter(this.#text.codePointAt(this.#index)!)}`)
  }

  #lexWord(length: number): Token {
    const word = this.#text.slice(this.#index, this.#index + length)
    if (word === 'lambda' && this.#text[this.#index + length] === ':') return this.#token('lambda', length + 1)
    return this.#token(KEYWORDS.get(word) ?? 'identifier', length)
  }

  #lexNumber(): Token {
    const length = this.#match(NUMBER)
    const number = this.#text.slice(this.#index, this.#index + length)
    if (number === '.') return this.#token('.', 1)
    if (number.includes('.')) {
      if (this.#text[this.#index + length] === '.') return this.#error('multiple decimals in number')
      return this.#token('number', length)
    }
    const unitLength = this.#match(UNIT, length)
    return this.#token(unitLength > 0 ? 'duration' : 'number', length + unitLength)
  }

  #lexString(): Token {
    if (!this.#text.startsWith("'''", this.#index)) return this.#quoted('string', "'", 'unterminated string')
    const end = this.#text.indexOf("'''", this.#index + 3)
    return end < 0 ? this.#error('unterminated string') : this.#token('string', end + 3 - this.#index)
  }

  // Differs: a literal may start with any character; the original steps back too far after one that is not ASCII.
  #lexRegex(): Token {
    return this.#quoted('regex', '/', 'unterminated regex')
  }

  /** Up to the next quote without a backslash right before it. */
  #quoted(kind: TokenKind, quote: string, unterminated: string): Token {
    let end = this.#index
    do end = this.#text.indexOf(quote, end + 1)
    while (end > 0 && this.#text[end - 1] === '\\')
    return end < 0 ? this.#error(unterminated) : this.#token(kind, end + 1 - this.#index)
  }

  /** A comment goes on over lines that start with any slash; a blank line ends it. */
  #lexComment(): void {
    const start = this.#index
    do {
      const end = this.#text.indexOf('\n', this.#index)
      this.#index = end < 0 ? this.#text.length : end + 1
      this.#index += this.#match(SPACE_IN_LINE)
    } while (this.#text[this.#index] === '/')
    this.#expectsOperator = false
    if (this.#comment === undefined) this.#comment = []
    else this.#comment.push(null)
    for (const line of this.#text.slice(start, this.#index).split('\n')) {
      const trimmed = line.replace(TRIM, '')
      if (trimmed !== '') this.#comment.push(trimmed.replace(/^\/\//, '').replace(/^ /, ''))
    }
  }

  #error(message: string): Token {
    return { kind: 'error', text: message, at: this.#position(), comment: undefined }
  }

  #token(kind: TokenKind, length: number): Token {
    const text = this.#text.slice(this.#index, this.#index + length)
    const token = { kind, text, at: this.#position(), comment: this.#comment }
    this.#index += length
    this.#comment = undefined
    this.#expectsOperator = OPERANDS.has(kind)
    return token
  }

  #position(): Position {
    return this.source.position(this.#index)
  }

  /** Length of the match of a sticky pattern, 0 where there is none. */
  #match(pattern: RegExp, ahead = 0): number {
    pattern.lastIndex = this.#index + ahead
    return pattern.test(this.#text) ? pattern.lastIndex - this.#index - ahead : 0
  }
}

/** Go's `%q` of a rune. */
function quoteCharacter(code: number): string {
  const short = "\x07\b\t\n\v\f\r\\'".indexOf(String.fromCodePoint(code))
  if (short >= 0) return `'\\${"abtnvfr\\'"[short]}'`
  if (code >= 0xd800 && code < 0xe000) return "'\ufffd'"
  const text = String.fromCodePoint(code)
  if (PRINTABLE.test(text)) return `'${text}'`
  const hex = code.toString(16)
  if (code < 0x80) return `'\\x${hex.padStart(2, '0')}'`
  return code > 0xffff ? `'\\U${hex.padStart(8, '0')}'` : `'\\u${hex.padStart(4, '0')}'`
}
