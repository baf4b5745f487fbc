import { intOf } from '../model/value.ts'
import type {
  BinaryNode,
  BinaryOperator,
  CallNode,
  ChainNode,
  CommentBlock,
  CommentNode,
  Expression,
  IdentifierNode,
  LambdaNode,
  ListNode,
  NumberNode,
  DurationNode,
  Position,
  Program,
  RegexNode,
  Statement
} from './ast.ts'
import { refuse, type Result, succeed } from './result.ts'
import { Lexer } from './lexer.ts'
import { compileRegexp } from './regexp.ts'
import { PRECEDENCE, printToken, type Token, type TokenKind } from './token.ts'

/** Levels of nesting that a script may have; also bounds the depth of the tree, for all who walk it recursively. */
export const MAX_DEPTH = 1000

/**
 * Differs: a script, and a lambda that is given as a text, may have 1 MiB; Kapacitor takes any, and works on it for as
 * long as it takes.
 */
export const MAX_SCRIPT_BYTES = 1_048_576

/**
 * Differs: the regular expressions of one script have at most 100000 instructions in all, each counting as 100 more;
 * Kapacitor has no bound.
 */
const REGEXES_MAX_SIZE = 100_000
const REGEX_OVERHEAD = 100

/** What the original says where an operand is missing. */
const OPERAND: readonly string[] = ['number', 'string', 'duration', 'identifier', 'TRUE', 'FALSE', '==', '(', '-', '!']

const UNIT_NANOS: ReadonlyMap<string, bigint> = new Map([
  ['u', 1_000n],
  ['µ', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['w', 604_800_000_000_000n]
])
const MAX_INT = 0x7fff_ffff_ffff_ffffn

/** Reads a whole script; stops at its first problem. */
export function parse(source: string): Result<Program> {
  return read(source, (parser) => parser.program())
}

/** Reads an expression that stands without `lambda:`, as in vars and in match expressions. */
export function parseLambda(source: string): Result<LambdaNode> {
  return read(source, (parser) => parser.wholeLambda())
}

function read<T>(source: string, production: (parser: Parser) => T): Result<T> {
  if (Buffer.byteLength(source) > MAX_SCRIPT_BYTES) return refuse(`script is longer than ${MAX_SCRIPT_BYTES} bytes`)
  try {
    return succeed(production(new Parser(source)))
  } catch (error) {
    if (error instanceof ScriptSyntaxError) return refuse(`parser: ${error.message}`, error.at)
    throw error
  }
}

class ScriptSyntaxError extends Error {
  readonly at: Position

  constructor(message: string, at: Position) {
    super(message)
    this.at = at
  }
}

class Parser {
  readonly #lexer: Lexer
  #peeked: Token | undefined
  /** The token that was consumed last. */
  #last: Token | undefined
  /** Productions that are under way. */
  #depth = 0
  /** Height of the tree that the last production returned. */
  #height = 0
  /** Instructions of all regular expressions. */
  #regexSize = 0

  constructor(source: string) {
    this.#lexer = new Lexer(source)
  }

  program(): Program {
    const statements: Statement[] = []
    while (this.#peek().kind !== 'EOF') statements.push(this.#statement())
    for (const token of [this.#last, this.#peek()]) {
      const comment = token === undefined ? undefined : claim(token)
      if (comment !== undefined) statements.push({ kind: 'comment', at: this.#peek().at, comment } as CommentNode)
    }
    return { kind: 'program', statements }
  }

  wholeLambda(): LambdaNode {
    const { at } = this.#peek()
    const body = this.#binary()
    this.#expect('EOF')
    return { kind: 'lambda', at, body }
  }

  #statement(): Statement {
    const { kind } = this.#peek()
    if (kind === 'var') return this.#declaration()
    return kind === 'dbrp' ? this.#dbrp() : this.#expression()
  }

  #declaration(): Statement {
    const keyword = this.#next()
    const comment = claim(keyword)
    const name = this.#expect('identifier')
    const nameComment = claim(name)
    const base = { at: keyword.at, comment, name: name.text, nameComment }
    if (this.#accept('=')) return { kind: 'declaration', ...base, value: this.#expression() }
    const type = this.#expect('identifier')
    return { kind: 'typeDeclaration', ...base, typeName: type.text, typeComment: claim(type) }
  }

  #dbrp(): Statement {
    const keyword = this.#next()
    const comment = claim(keyword)
    const db = unquote(this.#expect('reference').text)
    this.#expect('.')
    return { kind: 'dbrp', at: keyword.at, comment, db, rp: unquote(this.#expect('reference').text) }
  }

  #expression(): Expression {
    const { kind } = this.#peek()
    if (kind === 'lambda') return this.#lambda()
    if (kind === '[') return this.#list()
    if (kind !== 'identifier') return this.#binary()
    const name = this.#next()
    const comment = claim(name)
    const first = this.#callOrName(name, comment)
    const next = this.#peek().kind
    return next === '|' || next === '.' || next === '@' ? this.#chain(first) : this.#climb(first, 0)
  }

  #lambda(): LambdaNode {
    const { at, comment } = claimed(this.#next())
    const body = this.#binary()
    this.#raise(this.#height, at)
    return { kind: 'lambda', at, comment, body }
  }

  #list(): ListNode {
    const { at, comment } = claimed(this.#next())
    const items: Expression[] = []
    while (!this.#accept(']')) {
      if (items.length > 0) {
        if (!this.#accept(',')) this.#refuse(this.#next(), [']'])
        if (this.#accept(']')) break
      }
      items.push(this.#item())
    }
    this.#height = 1
    return { kind: 'list', at, comment, items }
  }

  #item(): Expression {
    const token = this.#next()
    if (token.kind === 'identifier') return { kind: 'identifier', ...claimed(token), name: token.text }
    if (token.kind === 'string' || token.kind === 'star') return this.#literal(token)
    return this.#refuse(token, ['identifier', 'string', '*'])
  }

  /** Links onto a name or a call; no operator may follow them. */
  #chain(first: Expression): Expression {
    let left = first
    for (;;) {
      const operator = this.#peek()
      if (operator.kind !== '|' && operator.kind !== '.' && operator.kind !== '@') return left
      const height = this.#height
      this.#next()
      const base = claimed(operator)
      const name = this.#expect('identifier')
      const right = operator.kind === '|' ? this.#call(name, claim(name)) : this.#callOrName(name, claim(name))
      this.#raise(Math.max(height, this.#height), operator.at)
      left = { kind: 'chain', ...base, operator: operator.kind, left, right } satisfies ChainNode
    }
  }

  #callOrName(name: Token, comment: CommentBlock | undefined): CallNode | IdentifierNode {
    if (this.#peek().kind === '(') return this.#call(name, comment)
    this.#height = 0
    return { kind: 'identifier', at: name.at, comment, name: name.text }
  }

  /** A call whose arguments may be chains, lists and lambdas. */
  #call(name: Token, comment: CommentBlock | undefined): CallNode {
    return this.#arguments(name, comment, () => this.#expression())
  }

  #arguments(name: Token, comment: CommentBlock | undefined, argument: () => Expression): CallNode {
    this.#expect('(')
    const args: Expression[] = []
    let height = 0
    while (!this.#accept(')')) {
      if (args.length > 0) {
        if (!this.#accept(',')) this.#refuse(this.#next(), [')'])
        if (this.#accept(')')) break
      }
      args.push(this.#nested(argument))
      height = Math.max(height, this.#height)
    }
    this.#raise(height, name.at)
    const multiLine = args.length > 0 && args.at(-1)!.at.line > name.at.line
    return { kind: 'call', at: name.at, comment, name: name.text, args, multiLine }
  }

  #binary(): Expression {
    return this.#climb(this.#primary(), 0)
  }

  /** Extends an operand by the operators that bind at least as tightly as `minimum`. */
  #climb(operand: Expression, minimum: number): Expression {
    let left = operand
    for (;;) {
      const level = PRECEDENCE.get(this.#peek().kind)
      if (level === undefined || level < minimum) return left
      const operator = this.#next()
      const base = claimed(operator)
      const height = this.#height
      let right = this.#primary()
      for (;;) {
        const next = PRECEDENCE.get(this.#peek().kind)
        if (next === undefined || next <= level) break
        right = this.#climb(right, next)
      }
      this.#raise(Math.max(height, this.#height), operator.at)
      left = {
        kind: 'binary',
        ...base,
        operator: operator.kind as BinaryOperator,
        left,
        right,
        parenthesised: false,
        multiLine: right.at.line > left.at.line
      } satisfies BinaryNode
    }
  }

  #primary(): Expression {
    const token = this.#next()
    this.#height = 0
    switch (token.kind) {
      case '(':
        return this.#parenthesised(token)
      case '-':
      case '!': {
        const operand = this.#nested(() => this.#primary())
        this.#raise(this.#height, token.at)
        return { kind: 'unary', at: token.at, comment: claim(this.#last!), operator: token.kind, operand }
      }
      case 'identifier': {
        if (this.#peek().kind === '(') return this.#arguments(token, undefined, () => this.#binary())
        return { kind: 'identifier', ...claimed(token), name: token.text }
      }
      default:
        return this.#literal(token)
    }
  }

  #parenthesised(parenthesis: Token): Expression {
    const comment = claim(parenthesis)
    const inner = this.#nested(() => this.#binary())
    this.#expect(')')
    return inner.kind === 'binary' ? { ...inner, comment, parenthesised: true } : { ...inner, comment }
  }

  #literal(token: Token): Expression {
    const base = claimed(token)
    switch (token.kind) {
      case 'number':
        return this.#number(token, base)
      case 'duration':
        return this.#duration(token, base)
      case 'string': {
        const tripleQuoted = token.text.startsWith("'''")
        const value = tripleQuoted ? token.text.slice(3, -3) : unquote(token.text)
        return { kind: 'string', ...base, value, tripleQuoted }
      }
      case 'reference':
        return { kind: 'reference', ...base, name: unquote(token.text) }
      case 'regex':
        return this.#regex(token, base)
      case 'TRUE':
      case 'FALSE':
        return { kind: 'boolean', ...base, value: token.kind === 'TRUE' }
      case 'star':
        return { kind: 'star', ...base }
      default:
        return this.#refuse(token, OPERAND)
    }
  }

  #number({ text, at }: Token, base: Base): NumberNode {
    if (text.includes('.')) {
      const value = /^[\d.]+$/.test(text) ? Number(text) : Infinity
      return Number.isFinite(value) ? { kind: 'float', ...base, value } : illegalNumber(text, at)
    }
    const octal = text.length > 1 && text.startsWith('0')
    if (!(octal ? /^[0-7]+$/ : /^\d+$/).test(text)) return illegalNumber(text, at)
    const value = BigInt(octal ? `0o${text}` : text)
    return value <= MAX_INT ? { kind: 'int', ...base, value: intOf(value), octal } : illegalNumber(text, at)
  }

  #duration({ text, at }: Token, base: Base): DurationNode {
    const [, digits, unit] = /^(\d+)(.+)$/.exec(text) ?? []
    if (digits === undefined || BigInt(digits) > MAX_INT) throw new ScriptSyntaxError('invalid duration', at)
    const value = BigInt.asIntN(64, BigInt(digits) * UNIT_NANOS.get(unit!)!)
    if (value < 0n) {
      throw new ScriptSyntaxError(`overflowed duration ${text}: choose a smaller duration or INF`, at)
    }
    return { kind: 'duration', ...base, value, literal: text }
  }

  #regex({ text, at }: Token, base: Base): RegexNode {
    const literal = text.slice(1, -1)
    const pattern = literal.replaceAll('\\/', '/')
    const compiled = compileRegexp(pattern)
    if (!compiled.ok) throw new ScriptSyntaxError(compiled.error.message, at)
    this.#regexSize += compiled.value.size + REGEX_OVERHEAD
    if (this.#regexSize > REGEXES_MAX_SIZE)
      throw new ScriptSyntaxError(`regular expressions are too large in all line ${at.line} char ${at.char}`, at)
    return { kind: 'regex', ...base, pattern, literal }
  }

  #nested(production: () => Expression): Expression {
    this.#checkDepth(++this.#depth, this.#peek().at)
    const result = production()
    this.#depth--
    return result
  }

  /** Sets the height of a node that stands over trees of the given height. */
  #raise(height: number, at: Position): void {
    this.#height = height + 1
    this.#checkDepth(this.#height, at)
  }

  // Differs: the original has no bound and dies of a script that is nested deeply enough.
  #checkDepth(depth: number, at: Position): void {
    if (depth <= MAX_DEPTH) return
    throw new ScriptSyntaxError(`expression nests deeper than ${MAX_DEPTH} levels line ${at.line} char ${at.char}`, at)
  }

  #peek(): Token {
    return (this.#peeked ??= this.#lexer.next())
  }

  #next(): Token {
    const token = this.#peek()
    this.#peeked = undefined
    this.#last = token
    return token
  }

  #accept(kind: TokenKind): boolean {
    if (this.#peek().kind !== kind) return false
    this.#next()
    return true
  }

  #expect(kind: TokenKind): Token {
    const token = this.#next()
    return token.kind === kind ? token : this.#refuse(token, [kind])
  }

  #refuse(token: Token, expected: readonly string[]): never {
    const { line, char } = token.at
    const context = this.#lexer.source.context(token.at)
    const list = expected.map((kind) => `"${kind}"`).join(',')
    throw new ScriptSyntaxError(
      `unexpected ${printToken(token)} line ${line} char ${char} in "${context}". expected: ${list}`,
      token.at
    )
  }
}

interface Base {
  readonly at: Position
  readonly comment: CommentBlock | undefined
}

/** The comment before a token, for the node that it belongs to; a second claim gets nothing. */
function claim(token: Token): CommentBlock | undefined {
  const { comment } = token
  token.comment = undefined
  return comment
}

function claimed(token: Token): Base {
  return { at: token.at, comment: claim(token) }
}

function illegalNumber(text: string, at: Position): never {
  throw new ScriptSyntaxError(`illegal number syntax: "${text}"`, at)
}

/** Text between two quotes, in which a backslash only escapes the quote. */
function unquote(text: string): string {
  return text.slice(1, -1).replaceAll(`\\${text[0]}`, text[0]!)
}
