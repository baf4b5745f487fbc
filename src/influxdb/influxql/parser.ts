import type { Expression, Fill, Measurement, SelectField, SelectStatement, SortField, Source } from './ast.ts'
import { ExpressionReader } from './expressions.ts'
import { formatExpression } from './format.ts'
import { QuerySyntaxError } from './syntax-error.ts'

/** A statement that is no SELECT: only its text, in one line and with its keywords in capitals, is known. */
export interface OtherStatement {
  readonly kind: 'other'
  readonly text: string
}

export type Statement = { readonly kind: 'select'; readonly statement: SelectStatement } | OtherStatement

export type ParsedQuery =
  { readonly ok: true; readonly statements: readonly Statement[] } | { readonly ok: false; readonly error: string }

/** Reads a query of InfluxQL. The error is InfluxDB's text. */
export function parseQuery(text: string): ParsedQuery {
  try {
    return { ok: true, statements: new StatementReader(text).statements() }
  } catch (error) {
    if (error instanceof QuerySyntaxError) return { ok: false, error: error.message }
    throw error
  }
}

const STATEMENT_WORDS = 'SELECT DELETE SHOW CREATE DROP EXPLAIN GRANT REVOKE ALTER SET KILL'.split(' ')
/** Operators that only a condition can have. */
const CONDITIONS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~', '<', '<=', '>', '>=', 'AND', 'OR'])
const FILLS: ReadonlySet<string> = new Set(['null', 'none', 'previous', 'linear'])

class StatementReader extends ExpressionReader {
  readonly #text: string

  constructor(text: string) {
    super(text)
    this.#text = text
  }

  statements(): Statement[] {
    const found: Statement[] = []
    for (let isSeparated = true; ;) {
      const token = this.lexer.peek()
      if (token.kind === 'EOF') return found
      if (this.accept(';')) isSeparated = true
      else if (isSeparated) {
        found.push(this.#statement())
        isSeparated = false
      } else throw this.unexpected(token, [';', 'EOF'])
    }
  }

  #statement(): Statement {
    const first = this.lexer.next()
    if (first.kind === 'SELECT') return { kind: 'select', statement: this.#select() }
    if (!STATEMENT_WORDS.includes(first.kind)) throw this.unexpected(first, STATEMENT_WORDS)
    const words = [first.kind]
    for (let token = this.lexer.peek(); token.kind !== ';' && token.kind !== 'EOF'; token = this.lexer.peek()) {
      this.lexer.next()
      words.push(token.text === '' ? token.kind : this.#text.slice(token.start, this.lexer.index))
    }
    return { kind: 'other', text: words.join(' ') }
  }

  /** Reads on after the word SELECT. */
  #select(): SelectStatement {
    return this.nested(() => {
      const fields = this.#list(() => this.#field())
      const target = this.accept('INTO') ? this.#target() : undefined
      this.take('FROM')
      return {
        fields,
        target,
        sources: this.#list(() => this.#source()),
        condition: this.accept('WHERE') ? this.expression() : undefined,
        dimensions: this.#dimensions(),
        fill: this.#fill(),
        order: this.#order(),
        limit: this.#number('LIMIT'),
        offset: this.#number('OFFSET'),
        seriesLimit: this.#number('SLIMIT'),
        seriesOffset: this.#number('SOFFSET'),
        zone: this.#zone()
      }
    })
  }

  #list<T>(read: () => T): T[] {
    const items = [read()]
    while (this.accept(',')) items.push(read())
    return items
  }

  #field(): SelectField {
    const regex = this.findRegex()
    const { start } = this.lexer.peek()
    const expression = regex ?? this.expression()
    const condition = findCondition(expression)
    if (condition !== undefined) {
      const place = this.lexer.placeOf(start)
      throw new QuerySyntaxError(
        `invalid operator ${condition} in SELECT clause at ${place}; operator is intended for WHERE clause`
      )
    }
    return { expression, alias: this.accept('AS') ? this.take('identifier', 'identifier').text : '' }
  }

  #target(): Measurement {
    const names = this.segments()
    if (names.length < 3 && this.lexer.peek('scan').kind === ':') {
      this.lexer.scan()
      this.take('MEASUREMENT')
      names.push('')
    }
    return measurementOf(names)
  }

  #source(): Source {
    const alone = this.findRegex()
    if (alone !== undefined) return measurementOf([], alone)
    if (this.accept('(')) {
      this.take('SELECT')
      const statement = this.#select()
      this.take(')')
      return { kind: 'subquery', statement }
    }
    const names = this.segments()
    return names.length === 3 ? measurementOf(names) : measurementOf(names, this.findRegex())
  }

  #dimensions(): Expression[] {
    if (!this.accept('GROUP')) return []
    this.take('BY')
    return this.#list(() => this.findRegex() ?? this.expression())
  }

  #fill(): Fill {
    const call = this.#findFunction('fill')
    if (call === undefined) return { kind: 'null' }
    const [option] = call.args
    if (option === undefined || call.args.length !== 1) {
      throw new QuerySyntaxError('fill requires an argument, e.g.: 0, null, none, previous, linear')
    }
    const text = formatExpression(option)
    if (FILLS.has(text)) return { kind: text as 'null' | 'none' | 'previous' | 'linear' }
    if (option.kind !== 'integer' && option.kind !== 'number') {
      throw new QuerySyntaxError('expected number argument in fill()')
    }
    return { kind: 'number', value: text }
  }

  #zone(): string {
    const call = this.#findFunction('tz')
    if (call === undefined) return ''
    const [name] = call.args
    if (name === undefined || call.args.length !== 1) throw new QuerySyntaxError('tz requires exactly one argument')
    if (name.kind !== 'string') throw new QuerySyntaxError('expected string argument in tz()')
    return name.value
  }

  /** A call of that function, where its name is next. */
  #findFunction(name: string): { readonly args: readonly Expression[] } | undefined {
    const { kind, text } = this.lexer.peek()
    if (kind !== 'identifier' || text.toLowerCase() !== name) return undefined
    const call = this.expression()
    if (call.kind !== 'call') throw new QuerySyntaxError(`${name} must be a function call`)
    return call
  }

  #order(): SortField[] {
    if (!this.accept('ORDER')) return []
    this.take('BY')
    const token = this.lexer.peek()
    if (!['ASC', 'DESC', 'identifier'].includes(token.kind)) {
      throw this.unexpected(token, ['identifier', 'ASC', 'DESC'])
    }
    const name = token.kind === 'identifier' ? this.lexer.next().text : ''
    const isAscending = !this.accept('DESC')
    if (isAscending) this.accept('ASC')
    if ((name !== '' && name !== 'time') || this.lexer.peek().kind === ',') {
      throw new QuerySyntaxError('only ORDER BY time supported at this time')
    }
    return [{ name, isAscending }]
  }

  #number(word: string): bigint {
    if (!this.accept(word)) return 0n
    const { text, start } = this.take('integer', 'integer')
    const value = BigInt(text)
    if (value >= 2n ** 63n) throw this.errorAt(`strconv.ParseInt: parsing "${text}": value out of range`, start)
    return value
  }
}

/** @param names At most three, of which the last is the measurement unless a pattern is. */
function measurementOf(names: readonly string[], pattern?: Expression): Measurement {
  const all = pattern === undefined ? names : [...names, '']
  const [name = '', retentionPolicy = '', database = ''] = all.toReversed()
  const expression = pattern?.kind === 'regex' ? pattern.pattern : undefined
  return { kind: 'measurement', database, retentionPolicy, name, pattern: expression }
}

function findCondition(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'binary':
      if (CONDITIONS.has(expression.operator)) return expression.operator
      return findCondition(expression.left) ?? findCondition(expression.right)
    case 'parentheses':
      return findCondition(expression.inner)
    case 'call':
      return expression.args.map(findCondition).find((operator) => operator !== undefined)
    default:
      return undefined
  }
}
