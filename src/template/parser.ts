import type {
  BranchNode,
  CommandNode,
  TemplateDefinition,
  ListNode,
  Node,
  NumberNode,
  Operand,
  PipeNode,
  TemplateNode,
  VariableNode
} from './ast.ts'
import { printNode } from './ast.ts'
import { TemplateError } from './error.ts'
import { lexTemplate, printToken, type Token, type TokenKind } from './lexer.ts'
import { parseNumber } from './number.ts'
import { quote, unquote } from './quote.ts'

const OPERANDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool', 'charConstant', 'dot', 'field', 'identifier', 'number', 'nil', 'rawString', 'string', 'variable', '('
]) // prettier-ignore
/** What a later command of a pipeline cannot start with: it takes no argument. */
const VALUES: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string'])
const MAX_DEPTH = 250
/** Tokens that a template may have, and variables at once: more than any that a person can read. */
const MAX_TOKENS = 50_000
const MAX_VARIABLES = 1000

/**
 * Parses a template and those that it defines.
 * @param functions Names that may be called.
 * @returns By name; the first is the template itself, empty where another definition of its name is the body.
 * @throws TemplateError
 */
export function parseTemplate(
  name: string,
  text: string,
  functions: ReadonlySet<string>
): Map<string, TemplateDefinition> {
  return new Parser(name, text, functions).run()
}

/** The end of a list: `{{end}}`, or `{{else}}`, after which the parser stands. */
type Terminator = 'end' | 'else'

class Parser {
  readonly #name: string
  readonly #functions: ReadonlySet<string>
  readonly #tokens: readonly Token[]
  readonly #definitions = new Map<string, TemplateDefinition>()
  #index = 0
  /** Furthest token that was looked at: its line is the one of a message. */
  #seen = 0
  /** Names in scope, by slot; the slots of one definition. */
  #variables = ['$']
  #slots = 1
  #rangeDepth = 0
  #depth = 0
  /** The greatest depth within the definition. */
  #deepest = 0
  #actionLine = 0

  constructor(name: string, text: string, functions: ReadonlySet<string>) {
    this.#name = name
    this.#functions = functions
    this.#tokens = lexTemplate(text)
  }

  run(): Map<string, TemplateDefinition> {
    if (this.#tokens.length > MAX_TOKENS) {
      throw new TemplateError(`template: ${this.#name}: more than ${MAX_TOKENS} tokens`)
    }
    const nodes: Node[] = []
    for (let token = this.#peek(); token.kind !== 'EOF'; token = this.#peek()) {
      if (token.kind === 'leftDelim' && this.#afterSpace(this.#index + 1).kind === 'define') {
        this.#next()
        this.#nextWord()
        this.#define()
      } else {
        const node = this.#textOrAction()
        if (node === 'end' || node === 'else') this.#fail(`unexpected {{${node}}}`)
        if (typeof node === 'object') nodes.push(node)
      }
    }
    this.#add({ name: this.#name, body: { nodes }, slots: this.#slots, depth: this.#deepest + 1 })
    return this.#definitions
  }

  /** `{{define "name"}} … {{end}}`, whose keyword has been read. */
  #define(): void {
    const context = 'define clause'
    const name = this.#templateName(context)
    this.#expect('rightDelim', context)
    this.#addSeparate(name, () => {
      const [body, terminator] = this.#list()
      if (terminator !== 'end') this.#fail(`unexpected {{${terminator}}} in ${context}`)
      return body
    })
  }

  /** Parses a template with variables of its own. */
  #addSeparate(name: string, parseBody: () => ListNode): void {
    const outer = {
      ...{ variables: this.#variables, slots: this.#slots, rangeDepth: this.#rangeDepth },
      ...{ depth: this.#depth, deepest: this.#deepest }
    }
    this.#variables = ['$']
    this.#slots = 1
    this.#rangeDepth = 0
    this.#deepest = this.#depth
    const body = parseBody()
    this.#add({ name, body, slots: this.#slots, depth: this.#deepest - outer.depth + 1 })
    this.#variables = outer.variables
    this.#slots = outer.slots
    this.#rangeDepth = outer.rangeDepth
    this.#deepest = outer.deepest
  }

  /** An empty template does not replace one of its name. */
  #add(definition: TemplateDefinition): void {
    const present = this.#definitions.get(definition.name)
    if (present === undefined || isEmpty(present.body)) this.#definitions.set(definition.name, definition)
    else if (!isEmpty(definition.body)) {
      this.#fail(`template: multiple definition of template ${quote(definition.name)}`)
    }
  }

  #list(): [ListNode, Terminator] {
    const nodes: Node[] = []
    while (this.#afterSpace(this.#index).kind !== 'EOF') {
      const node = this.#textOrAction()
      if (node === 'end' || node === 'else') return [{ nodes }, node]
      if (node !== undefined) nodes.push(node)
    }
    return this.#fail('unexpected EOF')
  }

  #textOrAction(): Node | Terminator | undefined {
    const token = this.#nextWord()
    if (token.kind === 'text') return { kind: 'text', position: token.position, text: token.text }
    if (token.kind !== 'leftDelim') return this.#unexpected(token, 'input')
    this.#actionLine = token.line
    const action = this.#action()
    this.#actionLine = 0
    return action
  }

  #action(): Node | Terminator | undefined {
    const token = this.#nextWord()
    switch (token.kind) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.kind)
      case 'block':
        return this.#block(token)
      case 'template':
        return this.#template(token)
      case 'break':
      case 'continue':
        if (this.#afterSpace(this.#index).kind !== 'rightDelim') {
          return this.#unexpected(this.#nextWord(), `{{${token.kind}}}`)
        }
        this.#nextWord()
        if (this.#rangeDepth === 0) this.#fail(`{{${token.kind}}} outside {{range}}`)
        return { kind: token.kind, position: token.position }
      case 'end':
        this.#expect('rightDelim', 'end')
        return 'end'
      case 'else':
        return this.#else()
      default: {
        this.#back(token)
        const { position } = this.#peek()
        return { kind: 'action', position, pipe: this.#pipeline('command', 'rightDelim') }
      }
    }
  }

  /** `{{else}}`; an `else if` or `else with` leaves its keyword unread. */
  #else(): Terminator {
    const next = this.#afterSpace(this.#index)
    if (next.kind !== 'if' && next.kind !== 'with') this.#expect('rightDelim', 'else')
    else while (this.#peek() !== next) this.#next()
    return 'else'
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const scope = this.#variables.length
    const pipe = this.#pipeline(kind, 'rightDelim')
    if (kind === 'range') this.#rangeDepth++
    const [list, terminator] = this.#nested(() => this.#list())
    if (kind === 'range') this.#rangeDepth--
    const elseList = terminator === 'else' ? this.#elseList(kind) : undefined
    this.#variables.length = scope
    return { kind, position: pipe.position, pipe, list, elseList }
  }

  #elseList(kind: BranchNode['kind']): ListNode {
    const next = this.#peek()
    if (next.kind === kind && (kind === 'if' || kind === 'with')) {
      this.#next()
      return { nodes: [this.#nested(() => this.#branch(kind))] }
    }
    if (next.kind === 'if' || next.kind === 'with') this.#unexpected(this.#next(), 'input')
    const [list, terminator] = this.#nested(() => this.#list())
    if (terminator !== 'end') this.#fail('expected end; found {{else}}')
    return list
  }

  /** `{{block "name" pipeline}} … {{end}}`: defines a template and runs it. */
  #block(keyword: Token): TemplateNode {
    const context = 'block clause'
    const name = this.#templateName(context)
    const pipe = this.#pipeline(context, 'rightDelim')
    this.#addSeparate(name, () => {
      const [body, terminator] = this.#nested(() => this.#list())
      if (terminator !== 'end') this.#fail(`unexpected {{${terminator}}} in ${context}`)
      return body
    })
    return { kind: 'template', position: keyword.position, name, pipe }
  }

  #template(keyword: Token): TemplateNode {
    const context = 'template clause'
    const { position } = this.#afterSpace(this.#index)
    const name = this.#templateName(context)
    let pipe: PipeNode | undefined
    if (this.#afterSpace(this.#index).kind === 'rightDelim') this.#nextWord()
    else pipe = this.#pipeline(context, 'rightDelim')
    return { kind: 'template', position: keyword.kind === 'template' ? position : keyword.position, name, pipe }
  }

  #templateName(context: string): string {
    const token = this.#nextWord()
    if (token.kind !== 'string' && token.kind !== 'rawString') return this.#unexpected(token, context)
    return unquote(token.text) ?? this.#fail('invalid syntax')
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const { position } = this.#afterSpace(this.#index)
    const declarations: VariableNode[] = []
    const isAssignment = this.#declarations(context, declarations)
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.#nextWord()
      if (token.kind === end) break
      if (!OPERANDS.has(token.kind)) return this.#unexpected(token, context)
      this.#back(token)
      commands.push(this.#command())
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`)
    commands.slice(1).forEach(({ args }, index) => {
      if (VALUES.has(args[0]!.kind)) this.#fail(`non executable command in pipeline stage ${index + 2}`)
    })
    return { kind: 'pipe', position, declarations, isAssignment, commands }
  }

  /** `$x :=`, `$x =` or, in a range, `$key, $value :=`. @returns Whether it assigns. */
  #declarations(context: string, declarations: VariableNode[]): boolean {
    for (;;) {
      const variable = this.#afterSpace(this.#index)
      if (variable.kind !== 'variable') return false
      const operator = this.#afterSpace(this.#tokens.indexOf(variable, this.#index) + 1)
      const isComma = operator.kind === 'char' && operator.text === ','
      if (operator.kind !== 'assign' && operator.kind !== 'declare' && !isComma) return false
      while (this.#next() !== operator);
      declarations.push(this.#declare(variable, operator.kind === 'assign'))
      if (!isComma) return operator.kind === 'assign'
      if (context !== 'range' || declarations.length > 1) this.#fail(`too many declarations in ${context}`)
      const { kind } = this.#afterSpace(this.#index)
      if (kind !== 'variable' && kind !== 'rightDelim' && kind !== ')')
        this.#fail('range can only initialize variables')
    }
  }

  #declare({ text, position }: Token, isAssignment: boolean): VariableNode {
    const known = isAssignment ? this.#variables.lastIndexOf(text) : -1
    if (this.#variables.length > MAX_VARIABLES) this.#fail(`more than ${MAX_VARIABLES} variables`)
    const slot = known >= 0 ? known : this.#variables.push(text) - 1
    this.#slots = Math.max(this.#slots, this.#variables.length)
    return { kind: 'variable', position, name: text, names: [], slot }
  }

  #command(): CommandNode {
    const { position } = this.#afterSpace(this.#index)
    const args: Operand[] = []
    for (;;) {
      const operand = this.#operand()
      if (operand !== undefined) args.push(operand)
      const token = this.#next()
      if (token.kind === 'space') continue
      if (token.kind === 'rightDelim' || token.kind === ')') this.#back(token)
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand')
      break
    }
    if (args.length === 0) this.#fail('empty command')
    return { kind: 'command', position, args }
  }

  /** A term and the fields behind it; undefined where the next token starts none. */
  #operand(): Operand | undefined {
    const term = this.#term()
    if (term === undefined || this.#peek().kind !== 'field') return term
    const { position } = this.#peek()
    const names: string[] = []
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    if (term.kind === 'field') return { ...term, position, names: [...term.names, ...names] }
    if (term.kind === 'variable') return { ...term, position, names: [...term.names, ...names] }
    if (VALUES.has(term.kind)) this.#fail(`unexpected . after term ${quote(printNode(term))}`)
    return { kind: 'chain', position, operand: term, names }
  }

  #term(): Operand | undefined {
    const token = this.#nextWord()
    const { position, text } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) this.#fail(`function ${quote(text)} not defined`)
        return { kind: 'identifier', position, name: text }
      case 'dot':
      case 'nil':
        return { kind: token.kind, position }
      case 'variable': {
        const slot = this.#variables.lastIndexOf(text)
        if (slot < 0) this.#fail(`undefined variable ${quote(text)}`)
        return { kind: 'variable', position, name: text, names: [], slot }
      }
      case 'field':
        return { kind: 'field', position, names: [text.slice(1)] }
      case 'bool':
        return { kind: 'bool', position, value: text === 'true' }
      case 'charConstant':
      case 'number':
        return this.#number(token)
      case '(':
        return this.#nested(() => this.#pipeline('parenthesized pipeline', ')'))
      case 'string':
      case 'rawString':
        return { kind: 'string', position, literal: text, value: unquote(text) ?? this.#fail('invalid syntax') }
      default:
        this.#back(token)
        return undefined
    }
  }

  #number({ text, position }: Token): NumberNode {
    const number = parseNumber(text)
    if (typeof number === 'string') return this.#fail(number)
    return { kind: 'number', position, text, ...number }
  }

  #nested<T>(production: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.#fail('max expression depth exceeded')
    this.#deepest = Math.max(this.#deepest, this.#depth)
    const result = production()
    this.#depth--
    return result
  }

  #peek(): Token {
    return this.#at(this.#index)
  }

  #next(): Token {
    const token = this.#at(this.#index)
    if (this.#index < this.#tokens.length - 1) this.#index++
    return token
  }

  /** The next token that is no space. */
  #nextWord(): Token {
    let token = this.#next()
    while (token.kind === 'space') token = this.#next()
    return token
  }

  /** The first token from an index on that is no space, without reading it. */
  #afterSpace(index: number): Token {
    let token = this.#at(index)
    for (let i = index; token.kind === 'space';) token = this.#at(++i)
    return token
  }

  #at(index: number): Token {
    const bounded = Math.min(index, this.#tokens.length - 1)
    this.#seen = Math.max(this.#seen, bounded)
    return this.#tokens[bounded]!
  }

  /** Unreads a token that was just read. */
  #back(token: Token): void {
    while (this.#tokens[this.#index] !== token) this.#index--
  }

  #expect(kind: TokenKind, context: string): void {
    const token = this.#nextWord()
    if (token.kind !== kind) this.#unexpected(token, context)
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.#fail(`unexpected ${printToken(token)} in ${context}`)
    if (this.#actionLine === 0 || this.#actionLine === token.line) return this.#fail(token.text)
    const action = token.text.endsWith(' action') ? '' : ' in action'
    return this.#fail(`${token.text}${action} started at ${this.#name}:${this.#actionLine}`)
  }

  #fail(message: string): never {
    throw new TemplateError(`template: ${this.#name}:${this.#tokens[this.#seen]!.line}: ${message}`)
  }
}

function isEmpty(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}
