import { quote, unicodeName } from './quote.ts'

/** Words of the language are kinds of their own; `char` is punctuation that only declarations know. */
export type TokenKind =
  | 'text' | 'leftDelim' | 'rightDelim' | 'error' | 'EOF' | 'space'
  | 'field' | 'variable' | 'identifier' | 'number' | 'charConstant' | 'string' | 'rawString' | 'bool'
  | 'dot' | 'nil' | 'pipe' | 'declare' | 'assign' | 'char' | '(' | ')'
  | 'block' | 'break' | 'continue' | 'define' | 'else' | 'end' | 'if' | 'range' | 'template' | 'with' // prettier-ignore

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Index into the template. */
  readonly position: number
  readonly line: number
}

export const KEYWORDS: ReadonlySet<string> = new Set<TokenKind>([
  'block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'
]) // prettier-ignore

const SPACES = ' \t\r\n'
const SPACE_RUN = /[ \t\r\n]+/y
const WORD_RUN = /[\p{L}\p{Nd}_]*/uy
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*|0[bB][01_]*|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y
const SIMPLE: ReadonlyMap<string, TokenKind> = new Map([
  ['=', 'assign'],
  ['|', 'pipe'],
  ['(', '('],
  [')', ')']
])

/** All tokens of a template; the last one is EOF or the first error. */
export function lexTemplate(text: string): Token[] {
  return new Lexer(text).run()
}

/** How messages print a token. */
export function printToken(token: Token): string {
  if (token.kind === 'EOF') return 'EOF'
  if (token.kind === 'error') return token.text
  if (KEYWORDS.has(token.kind) || token.kind === 'dot' || token.kind === 'nil') return `<${token.text}>`
  const characters = [...token.text]
  return characters.length > 10 ? `${quote(characters.slice(0, 10).join(''))}...` : quote(token.text)
}

class Lexer {
  readonly #text: string
  readonly #tokens: Token[] = []
  #index = 0
  #line = 1
  /** Up to where `#line` has counted. */
  #counted = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): Token[] {
    let isTrimming = false
    for (;;) {
      const open = this.#text.indexOf('{{', this.#index)
      const end = open < 0 ? this.#text.length : open
      const trimsLeft = open >= 0 && this.#isTrimMarkerAfter(open + 2)
      this.#lexText(end, isTrimming, trimsLeft)
      if (open < 0) return this.#finish('EOF', 'EOF')
      const outcome = this.#lexAction(trimsLeft)
      if (outcome === undefined) return this.#tokens
      isTrimming = outcome.trims
    }
  }

  /** The text up to a delimiter, without the white space that trim markers take. */
  #lexText(end: number, trimsStart: boolean, trimsEnd: boolean): void {
    let start = this.#index
    let stop = end
    if (trimsStart) while (start < stop && SPACES.includes(this.#text[start]!)) start++
    if (trimsEnd) while (stop > start && SPACES.includes(this.#text[stop - 1]!)) stop--
    if (stop > start) this.#push('text', this.#text.slice(start, stop), start)
    this.#index = end
  }

  /** @returns Whether the text behind it is to be trimmed; undefined after an error. */
  #lexAction(trimsLeft: boolean): { readonly trims: boolean } | undefined {
    const inside = this.#index + (trimsLeft ? 4 : 2)
    if (this.#text.startsWith('/*', inside)) return this.#lexComment(inside)
    this.#push('leftDelim', '{{', this.#index)
    this.#index = inside
    let depth = 0
    for (;;) {
      const marker = this.#text.startsWith('-}}', this.#index + 1) && SPACES.includes(this.#text[this.#index]!) ? 2 : 0
      if (this.#text.startsWith('}}', this.#index + marker)) {
        if (depth > 0) return this.#fail('unclosed left paren')
        this.#index += marker
        this.#push('rightDelim', '}}', this.#index)
        this.#index += 2
        return { trims: marker > 0 }
      }
      const token = this.#lexInside()
      if (token === undefined) return undefined
      if (token.kind === '(') depth++
      if (token.kind === ')' && --depth < 0) {
        this.#tokens.pop()
        this.#index = token.position
        return this.#fail('unexpected right paren')
      }
    }
  }

  #lexComment(inside: number): { readonly trims: boolean } | undefined {
    const close = this.#text.indexOf('*/', inside + 2)
    if (close < 0) return this.#fail('unclosed comment')
    const marker = this.#text.startsWith('-}}', close + 3) && SPACES.includes(this.#text[close + 2]!) ? 2 : 0
    if (!this.#text.startsWith('}}', close + 2 + marker)) return this.#fail('comment ends before closing delimiter')
    this.#index = close + 2 + marker + 2
    return { trims: marker > 0 }
  }

  #lexInside(): Token | undefined {
    const start = this.#index
    const first = this.#text[start]
    if (first === undefined) return this.#fail('unclosed action')
    if (SPACES.includes(first)) return this.#lexSpace()
    const simple = SIMPLE.get(first)
    if (simple !== undefined) return this.#take(simple, 1)
    switch (first) {
      case ':':
        return this.#text[start + 1] === '=' ? this.#take('declare', 2) : this.#fail('expected :=')
      case '"':
        return this.#lexQuoted('string', '"', 'unterminated quoted string')
      case "'":
        return this.#lexQuoted('charConstant', "'", 'unterminated character constant')
      case '`': {
        const end = this.#text.indexOf('`', start + 1)
        return end < 0 ? this.#fail('unterminated raw quoted string') : this.#take('rawString', end + 1 - start)
      }
      case '$':
        return this.#lexName('variable')
      case '.':
        // A point at the very end is a number that lacks its digits.
        return isDigit(this.#text[start + 1] ?? '0') ? this.#lexNumber() : this.#lexName('field')
    }
    if (first === '+' || first === '-' || isDigit(first)) return this.#lexNumber()
    if (this.#run(WORD_RUN, start) > 0) return this.#lexWord()
    return this.#lexOther()
  }

  #lexOther(): Token | undefined {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#index)!)
    if (character > ' ' && character <= '~') return this.#take('char', 1)
    return this.#fail(`unrecognized character in action: ${unicodeName(character)}`)
  }

  #lexSpace(): Token {
    let length = this.#run(SPACE_RUN, this.#index)
    // The space before a trim marker is the marker's.
    if (this.#text.startsWith('-}}', this.#index + length) && length > 1) length--
    return this.#take('space', length)
  }

  /** A field, a variable, or what stands for them alone: `.` and `$`. */
  #lexName(kind: 'field' | 'variable'): Token | undefined {
    const length = this.#run(WORD_RUN, this.#index + 1)
    const problem = this.#findProblemAfter(this.#index + 1 + length)
    if (problem !== undefined) return this.#fail(problem)
    return this.#take(length === 0 && kind === 'field' ? 'dot' : kind, 1 + length)
  }

  #lexWord(): Token | undefined {
    const length = this.#run(WORD_RUN, this.#index)
    const word = this.#text.slice(this.#index, this.#index + length)
    const problem = this.#findProblemAfter(this.#index + length)
    if (problem !== undefined) return this.#fail(problem)
    if (KEYWORDS.has(word)) return this.#take(word as TokenKind, length)
    if (word === 'nil') return this.#take('nil', length)
    return this.#take(word === 'true' || word === 'false' ? 'bool' : 'identifier', length)
  }

  #lexNumber(): Token | undefined {
    let end = this.#index + this.#run(NUMBER, this.#index)
    let isBad = this.#run(WORD_RUN, end) > 0
    const sign = this.#text[end]
    if (!isBad && (sign === '+' || sign === '-')) {
      // The second half of a complex number, which nothing here can use.
      end += this.#run(NUMBER, end)
      isBad = true
    }
    if (!isBad) return this.#take('number', end - this.#index)
    const next = this.#run(WORD_RUN, end) > 0 ? String.fromCodePoint(this.#text.codePointAt(end)!) : ''
    return this.#fail(`bad number syntax: ${quote(this.#text.slice(this.#index, end) + next)}`)
  }

  #lexQuoted(kind: TokenKind, quotation: string, problem: string): Token | undefined {
    for (let end = this.#index + 1; ; end++) {
      const character = this.#text[end]
      if (character === '\\' && this.#text[end + 1] !== '\n') end++
      else if (character === quotation) return this.#take(kind, end + 1 - this.#index)
      else if (character === undefined || character === '\n' || character === '\\') return this.#fail(problem)
      if (end >= this.#text.length) return this.#fail(problem)
    }
  }

  /** What is wrong with the character that ends a name. */
  #findProblemAfter(index: number): string | undefined {
    const code = this.#text.codePointAt(index)
    if (code === undefined) return undefined
    const character = String.fromCodePoint(code)
    if (`${SPACES}.,|:()`.includes(character) || this.#text.startsWith('}}', index)) return undefined
    return `bad character ${unicodeName(character)}`
  }

  #isTrimMarkerAfter(index: number): boolean {
    const space = this.#text[index + 1]
    return this.#text[index] === '-' && space !== undefined && SPACES.includes(space)
  }

  #run(pattern: RegExp, index: number): number {
    pattern.lastIndex = index
    return pattern.test(this.#text) ? pattern.lastIndex - index : 0
  }

  #take(kind: TokenKind, length: number): Token {
    const start = this.#index
    this.#index += length
    return this.#push(kind, this.#text.slice(start, this.#index), start)
  }

  #fail(message: string): undefined {
    this.#finish('error', message)
    return undefined
  }

  #finish(kind: TokenKind, text: string): Token[] {
    this.#push(kind, text, this.#index)
    return this.#tokens
  }

  #push(kind: TokenKind, text: string, position: number): Token {
    for (; this.#counted < position; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++
    const token = { kind, text, position, line: this.#line }
    this.#tokens.push(token)
    return token
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}
