import { formatDuration } from '../core/duration.ts'
import { formatFloat } from '../model/value.ts'
import type { CallNode, ChainNode, CommentBlock, Expression, Program, Statement } from './ast.ts'

/**
 * The canonical text of scripts. It depends on the tree alone: where lines break was noted by the parser. The output
 * is put together from pieces, since a chain of a thousand links must not copy its beginning a thousand times.
 */
const STEP = '    '

/** The whole script, statements separated by a blank line; '' for an empty one. */
export function format(program: Program): string {
  return new Formatter().program(program)
}

/** An expression on one line where it has no line breaks of its own. */
export function formatExpression(node: Expression): string {
  return new Formatter().expression(node)
}

class Formatter {
  readonly #out: string[] = []

  program({ statements }: Program): string {
    statements.forEach((statement, index) => {
      if (index > 0) this.#out.push('\n')
      this.#statement(statement)
      this.#out.push('\n')
    })
    return this.#out.join('')
  }

  expression(node: Expression): string {
    this.#emit(node, '', false)
    return this.#out.join('')
  }

  #statement(node: Statement): void {
    switch (node.kind) {
      case 'comment':
        return this.#comment(node.comment, '', true)
      case 'dbrp':
        this.#comment(node.comment, '', true)
        this.#out.push(`dbrp "${node.db}"."${node.rp}"`)
        return
      case 'declaration':
        this.#comment(node.comment, '', true)
        this.#out.push('var ')
        this.#word(node.name, node.nameComment)
        this.#out.push(' = ')
        return this.#emit(node.value, '', false)
      case 'typeDeclaration':
        this.#comment(node.comment, '', true)
        this.#out.push('var ')
        this.#word(node.name, node.nameComment)
        this.#out.push(' ')
        return this.#word(node.typeName, node.typeComment)
      default:
        return this.#emit(node, '', true)
    }
  }

  #word(text: string, comment: CommentBlock | undefined): void {
    this.#comment(comment, '', false)
    this.#out.push(text)
  }

  /** @param isFresh Whether the output is at the beginning of a line. */
  #comment(block: CommentBlock | undefined, indent: string, isFresh: boolean): void {
    if (block === undefined) return
    if (!isFresh) this.#out.push('\n')
    for (const line of block) {
      this.#out.push(line === null ? '\n' : `${indent}//${line === '' ? '' : ' '}${line}\n`)
    }
  }

  #emit(node: Expression, indent: string, isFresh: boolean): void {
    if (node.kind === 'chain') return this.#chain(node, indent, isFresh)
    this.#comment(node.comment, indent, isFresh)
    const atStart = isFresh || node.comment !== undefined
    if (atStart) this.#out.push(indent)
    switch (node.kind) {
      case 'unary':
        this.#out.push(node.operator)
        return this.#emit(node.operand, indent, false)
      case 'binary': {
        const inner = node.parenthesised ? indent + STEP : indent
        if (node.parenthesised) this.#out.push('(')
        this.#emit(node.left, inner, false)
        this.#out.push(' ', node.operator, node.multiLine ? '\n' : ' ')
        this.#emit(node.right, inner, node.multiLine)
        if (node.parenthesised) this.#out.push(')')
        return
      }
      case 'lambda':
        this.#out.push('lambda: ')
        return this.#emit(node.body, indent, false)
      case 'list':
        this.#out.push('[')
        node.items.forEach((item, index) => {
          if (index > 0) this.#out.push(', ')
          this.#emit(item, indent, atStart)
        })
        this.#out.push(']')
        return
      case 'call':
        return this.#call(node, indent)
      default:
        this.#out.push(leafText(node))
    }
  }

  #call({ name, args, multiLine }: CallNode, indent: string): void {
    this.#out.push(name, '(')
    args.forEach((argument, index) => {
      if (index > 0) this.#out.push(multiLine ? ',' : ', ')
      if (multiLine) this.#out.push('\n')
      this.#emit(argument, indent + STEP, multiLine)
    })
    if (multiLine) this.#out.push('\n', indent)
    this.#out.push(')')
  }

  #chain(node: ChainNode, indent: string, isFresh: boolean): void {
    const links: ChainNode[] = []
    let first: Expression = node
    for (; first.kind === 'chain'; first = first.left) links.push(first)
    this.#emit(first, indent, isFresh)
    for (const { operator, comment, right } of links.reverse()) {
      const inner = indent + (operator === '.' ? STEP + STEP : STEP)
      this.#out.push('\n')
      this.#comment(comment, inner, true)
      this.#out.push(inner, operator)
      this.#emit(right, inner, false)
    }
  }
}

type Leaf = Exclude<Expression, { kind: 'chain' | 'unary' | 'binary' | 'lambda' | 'list' | 'call' }>

function leafText(node: Leaf): string {
  switch (node.kind) {
    case 'int':
      return node.octal ? `0${node.value === 0 ? '0' : node.value.toString(8)}` : String(node.value)
    case 'float': {
      const text = formatFloat(Number(node.value))
      return text.includes('.') ? text : `${text}.0`
    }
    case 'duration':
      return node.literal === '' ? formatDuration(node.value) : node.literal
    case 'string':
      return node.tripleQuoted ? `'''${node.value}'''` : `'${node.value.replaceAll("'", "\\'")}'`
    case 'boolean':
      return node.value ? 'TRUE' : 'FALSE'
    case 'regex':
      return `/${node.literal}/`
    case 'reference':
      return `"${node.name.replaceAll('"', '\\"')}"`
    case 'identifier':
      return node.name
    case 'star':
      return '*'
  }
}
