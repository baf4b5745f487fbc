import { parseDuration } from '../../core/duration.ts'
import { Regexp } from '../../core/regexp.ts'
import { type BinaryExpression, type Expression, PRECEDENCE } from './ast.ts'
import { formatIdentifier } from './format.ts'
import { Lexer, type Token } from './lexer.ts'
import { QuerySyntaxError } from './syntax-error.ts'

const TYPES: ReadonlySet<string> = new Set(['float', 'integer', 'unsigned', 'string', 'boolean'])
const TYPE_WORDS = ['float', 'integer', 'unsigned', 'string', 'boolean', 'field', 'tag']
const MAX_INT64 = 2n ** 63n - 1n
/** Differs: a query that is nested deeper is refused; the original only ends where its stack does. */
const MAX_DEPTH = 500

/** Reads expressions, and gives what reads statements its tools. */
export class ExpressionReader {
  protected readonly lexer: Lexer
  #depth = 0

  constructor(text: string) {
    this.lexer = new Lexer(text)
  }

  protected expression(): Expression {
    return this.nested(() => {
      // Operands and operators that wait for what follows; the operators bind more and more tightly.
      const operands = [this.#operand()]
      const operators: string[] = []
      const fold = (): void => {
        const right = operands.pop()!
        operands.push({ kind: 'binary', operator: operators.pop()!, left: operands.pop()!, right })
      }
      for (;;) {
        const { kind: operator } = this.lexer.peek()
        const precedence = PRECEDENCE.get(operator)
        while (operators.length > 0 && PRECEDENCE.get(operators.at(-1)!)! >= (precedence ?? 0)) fold()
        if (precedence === undefined) return operands[0]!
        this.lexer.next()
        operators.push(operator)
        operands.push(operator === '=~' || operator === '!~' ? this.#regexOperand() : this.#operand())
      }
    })
  }

  /** A regex, where one is next. */
  protected findRegex(): Expression | undefined {
    const token = this.lexer.findRegex()
    if (token === undefined) return undefined
    const { kind, text, start } = token
    if (kind !== 'regex') throw this.errorAt(`bad regex: ${text}`, start)
    const compiled = Regexp.compile(text)
    if (typeof compiled === 'string') throw this.errorAt(compiled, start)
    return { kind: 'regex', pattern: text }
  }

  /** Names with dots between them, at most three. An empty one stands between two dots. */
  protected segments(): string[] {
    const names = [this.take('identifier', 'identifier').text]
    while (this.lexer.peek('scan').kind === '.') {
      this.lexer.scan()
      const { kind } = this.lexer.peek('scan')
      if (kind === '/' || kind === ':' || kind === '::') break
      names.push(kind === '.' ? '' : this.take('identifier', 'identifier').text)
    }
    if (names.length > 3) {
      throw this.errorAt(`too many segments in ${names.map((name) => formatIdentifier(name, true)).join('.')}`, 0)
    }
    return names
  }

  /** The next token, which has to be of that kind. */
  protected take(kind: string, ...expected: readonly string[]): Token {
    const token = this.lexer.next()
    if (token.kind !== kind) throw this.unexpected(token, expected.length === 0 ? [kind] : expected)
    return token
  }

  /** Takes the next token where it is of that kind. */
  protected accept(kind: string): boolean {
    if (this.lexer.peek().kind !== kind) return false
    this.lexer.next()
    return true
  }

  protected unexpected({ kind, text, start }: Token, expected: readonly string[]): QuerySyntaxError {
    return this.errorAt(`found ${text || kind}, expected ${expected.join(', ')}`, start)
  }

  protected errorAt(message: string, start: number): QuerySyntaxError {
    return new QuerySyntaxError(`${message} at ${this.lexer.placeOf(start)}`)
  }

  protected nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new QuerySyntaxError('query is nested too deeply')
    const value = read()
    this.#depth--
    return value
  }

  #regexOperand(): Expression {
    const regex = this.findRegex()
    if (regex === undefined) throw this.unexpected(this.lexer.next(), ['regex'])
    return regex
  }

  #operand(): Expression {
    const start = this.lexer.index
    const token = this.lexer.next()
    const { kind, text } = token
    switch (kind) {
      case '(': {
        const inner = this.expression()
        this.take(')')
        return { kind: 'parentheses', inner }
      }
      case 'identifier':
        if (this.lexer.peek('scan').kind === '(') return this.#call(text)
        this.lexer.index = start
        return this.#reference()
      case 'DISTINCT':
        return this.#distinct()
      case 'string':
        return { kind: 'string', value: text }
      case 'number':
        return { kind: 'number', value: Number(text) }
      case 'integer':
        return this.#integer(token, 1n)
      case 'TRUE':
      case 'FALSE':
        return { kind: 'boolean', value: kind === 'TRUE' }
      case 'duration':
        return { kind: 'duration', value: durationOf(text) }
      case '*':
        return { kind: 'wildcard', type: this.lexer.peek('scan').kind === '::' ? this.#wildcardType() : '' }
      case 'parameter':
        throw new QuerySyntaxError(text === '$' ? 'empty bound parameter' : `missing parameter: ${text.slice(1)}`)
      case '+':
      case '-':
        return this.nested(() => this.#signed(kind))
      default:
        throw this.unexpected(token, ['identifier', 'string', 'number', 'bool'])
    }
  }

  /** A sign makes a number, or multiplies what is none by 1 or -1. */
  #signed(sign: '+' | '-'): Expression {
    const token = this.lexer.peek()
    const factor = sign === '-' ? -1n : 1n
    switch (token.kind) {
      case 'integer':
        return this.#integer(this.lexer.next(), factor)
      case 'number':
        return { kind: 'number', value: Number(factor) * Number(this.lexer.next().text) }
      case 'duration':
        return { kind: 'duration', value: factor * durationOf(this.lexer.next().text) }
      case '(':
      case 'identifier': {
        const right = this.#operand()
        return {
          kind: 'binary',
          operator: '*',
          left: { kind: 'integer', value: factor },
          right
        } satisfies BinaryExpression
      }
      default:
        throw this.unexpected(this.lexer.next(), ['identifier', 'number', 'duration', '('])
    }
  }

  #integer({ text, start }: Token, factor: bigint): Expression {
    const value = BigInt(text)
    if (value >= 2n ** 64n) throw this.errorAt('unable to parse integer', start)
    if (factor < 0n && value > MAX_INT64 + 1n) throw new QuerySyntaxError(`constant -${value} underflows int64`)
    return { kind: 'integer', value: factor * value }
  }

  #reference(): Expression {
    const name = this.segments().join('.')
    if (this.lexer.peek('scan').kind !== '::') return { kind: 'reference', name, type: '' }
    this.lexer.scan()
    const token = this.lexer.scan()
    const type = (token.text || token.kind).toLowerCase()
    if (token.kind === 'FIELD' || token.kind === 'TAG' || (token.kind === 'identifier' && TYPES.has(type))) {
      return { kind: 'reference', name, type }
    }
    throw this.unexpected(token, TYPE_WORDS)
  }

  #wildcardType(): string {
    this.lexer.scan()
    const token = this.lexer.scan()
    if (token.kind !== 'FIELD' && token.kind !== 'TAG') throw this.unexpected(token, ['field', 'tag'])
    return token.kind.toLowerCase()
  }

  #distinct(): Expression {
    const token = this.lexer.peek('scan')
    if (token.kind === '(') return this.#call('distinct')
    if (token.kind !== 'WS') throw this.unexpected(token, ['(', 'identifier'])
    return { kind: 'distinct', name: this.take('identifier', 'identifier').text }
  }

  /** The opening parenthesis is next. */
  #call(name: string): Expression {
    this.lexer.scan()
    const args: Expression[] = []
    const regex = this.findRegex()
    if (regex !== undefined) args.push(regex)
    else if (this.lexer.peek('scan').kind !== ')') args.push(this.expression())
    while (this.accept(',')) args.push(this.findRegex() ?? this.expression())
    const end = this.lexer.next()
    if (end.kind !== ')') throw this.unexpected(end, [')'])
    return { kind: 'call', name: name.toLowerCase(), args }
  }
}

function durationOf(text: string): bigint {
  const duration = parseDuration(text)
  if (duration === undefined) throw new QuerySyntaxError('invalid duration')
  return duration
}
