import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLMap
} from 'yaml'
import { messageOf } from './errors.ts'

/**
 * The one way in which YAML (and so JSON) of files is read. A text of any content costs a bounded time and memory and
 * throws nothing: what is wrong with it is listed. Beside the basic types there are anchors with aliases and merge
 * keys (`<<`); other tags, other versions of YAML and several documents are problems.
 */
export interface YamlProblem {
  /** Where the problem is in the text. */
  readonly offset: number
  readonly message: string
}

export interface YamlLimits {
  /**
   * Tokens of the parser that a document may have; a key with its value has about seven. They are what reading takes
   * its time for.
   */
  readonly maxTokens: number
}

const DEFAULT_LIMITS: YamlLimits = { maxTokens: 100_000 }
/** Lists and sections within each other. The parser calls itself for each: without a limit it ends the process. */
const MAX_DEPTH = 64
/** What aliases may add, as characters and values. */
const MAX_ALIASED = 1_000_000
const MAX_PROBLEMS = 20
/** Longest message in characters: some messages quote keys. */
const MESSAGE_MAX_CHARS = 300

export class YamlDocument {
  /** Empty where all is well. */
  readonly problems: readonly YamlProblem[]
  /** undefined where there are problems, null for an empty document. Parts that aliases share are not to be changed. */
  readonly value: unknown
  readonly #lines = new LineCounter()
  readonly #document: Document.Parsed | undefined

  constructor(text: string, limits = DEFAULT_LIMITS) {
    const { document, problems } = composeAny(text, limits, this.#lines)
    this.#document = document
    const reader = new Reader(text)
    this.value = problems.length === 0 ? reader.read(document?.contents) : undefined
    this.problems = [...problems, ...reader.problems].slice(0, MAX_PROBLEMS)
    if (this.problems.length > 0) this.value = undefined
  }

  /** Counted from 1. */
  position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }

  /** Where a key is written, or the item of a list, or the nearest part around that is in the text. */
  offsetOf(path: readonly (string | number)[]): number {
    let node: unknown = this.#document?.contents
    let offset = 0
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(this.#document!)
      if (isMap(node) && typeof part === 'number') continue // A list of one that was written as a section.
      const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && keyOf(key.value) === part) : undefined
      const item = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined
      offset = startOf(pair?.key ?? item) ?? offset
      node = pair?.value ?? item
    }
    return offset
  }
}

/** `line 3, column 5: …`, for messages that do not name the place otherwise. */
export function describeProblem(document: YamlDocument, { offset, message }: YamlProblem): string {
  const { line, column } = document.position(offset)
  return `line ${line}, column ${column}: ${message}`
}

interface Composed {
  readonly document: Document.Parsed | undefined
  readonly problems: readonly YamlProblem[]
}

/** Whatever the library throws at a text is a problem of that text. */
function composeAny(text: string, limits: YamlLimits, lines: LineCounter): Composed {
  try {
    return compose(text, limits, lines)
  } catch (error) {
    return { document: undefined, problems: [{ offset: 0, message: `the file cannot be read: ${messageOf(error)}` }] }
  }
}

/**
 * Parses as the library's `parseDocument` does, but token by token, so that a text that asks for too much is given up.
 */
function compose(text: string, { maxTokens }: YamlLimits, lines: LineCounter): Composed {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  // Keys are compared by the reader: the library compares each with each.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' })
  const documents: Document.Parsed[] = []
  const giveUp = (message: string) => ({ document: undefined, problems: [{ offset: parser.offset, message }] })
  let tokens = 0
  let errors = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++tokens > maxTokens) return giveUp(`the file is too long: more than ${maxTokens} tokens`)
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error' && ++errors > MAX_PROBLEMS) break
      documents.push(...composer.next(token))
    }
    if (errors > MAX_PROBLEMS || documents.length > 1) break
    // The document and a scalar have a place on the stack, too.
    if (parser.stack.length > MAX_DEPTH + 2) return giveUp(`lists and sections are nested more than ${MAX_DEPTH} deep`)
  }
  for (const token of parser.end()) documents.push(...composer.next(token))
  documents.push(...composer.end(true, text.length))
  const [document, another] = documents
  return { document, problems: problemsOf(document!, another) }
}

function problemsOf(document: Document.Parsed, another: Document.Parsed | undefined): YamlProblem[] {
  const { errors, warnings, directives } = document
  const problems = [...errors, ...warnings].slice(0, MAX_PROBLEMS).map(({ pos: [offset], message }) => ({
    offset,
    message: withoutQuotes(message.split('\n')[0]!).slice(0, MESSAGE_MAX_CHARS)
  }))
  if (another !== undefined) {
    problems.push({ offset: another.range[0], message: 'the file has several documents, separated by ---' })
  }
  const { version } = directives.yaml
  if (version !== '1.2')
    problems.push({ offset: 0, message: `YAML of version ${version} is not read, only that of 1.2` })
  return problems
}

/**
 * Some messages quote the text, which may be a secret: `password: !Xyz` is a tag for YAML. Where it stands is told; what
 * it is, is not.
 */
function withoutQuotes(message: string): string {
  const words = message.replace(/(?<=\w): .*$/s, '').replace(/ [!%]\S+/g, '')
  return words === message ? message : `${words}: ${NEEDS_QUOTES}`
}

const NEEDS_QUOTES = 'a text that begins with one of ! & * | > % needs quotes'

/** What an anchor stands for. */
interface Anchored {
  readonly value: unknown
  /** What an alias of it adds. */
  readonly size: number
}

/** Thrown to end the reading: what follows would cost too much, or is beyond the point. */
class TooMuch extends Error {}

/** Makes values of nodes. */
class Reader {
  readonly problems: YamlProblem[] = []
  /** undefined: the node that has it is being read. */
  readonly #anchors = new Map<string, Anchored | undefined>()
  /** How deep lists and sections are within a value. */
  readonly #heights = new WeakMap<object, number>()
  /** Characters and values read so far, with those that aliases stand for. */
  #size = 0
  #aliased = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  read(node: ParsedNode | null | undefined): unknown {
    try {
      return this.#valueOf(node)
    } catch (error) {
      if (error instanceof TooMuch) return undefined
      throw error
    }
  }

  #valueOf(node: unknown): unknown {
    if (isAlias(node)) return this.#aliasedBy(node)
    const anchor = isNode(node) ? (node as { readonly anchor?: string }).anchor : undefined
    const before = this.#size
    this.#size++
    if (anchor !== undefined) this.#anchors.set(anchor, undefined)
    const value = isScalar(node)
      ? this.#scalarOf(node.value, node)
      : isSeq(node)
        ? this.#measured(node.items.map((item) => this.#valueOf(item)))
        : isMap(node)
          ? this.#measured(this.#sectionOf(node))
          : null
    if (anchor !== undefined) this.#anchors.set(anchor, { value, size: this.#size - before })
    return value
  }

  #scalarOf(value: unknown, node: unknown): unknown {
    if (typeof value === 'string') this.#size += value.length
    else if (value !== null && typeof value !== 'boolean' && typeof value !== 'number') {
      this.#addProblem(node, 'a value must be a text, a number, true, false or null')
    }
    return value
  }

  #sectionOf(node: YAMLMap): Record<string, unknown> {
    const members = new Map<string, unknown>()
    const merged: unknown[] = []
    for (const { key, value } of node.items) {
      if (isMergeKey(key)) {
        merged.push(...this.#mergedBy(value))
        continue
      }
      const name = this.#keyOf(key)
      if (members.has(name)) this.#addProblem(key, 'Map keys must be unique')
      members.set(name, this.#valueOf(value))
    }
    // What is written wins over what is merged, and what is merged first over what is merged later.
    const all = merged.reverse().flatMap((source) => Object.entries(source as object))
    return Object.fromEntries([...all, ...members])
  }

  #keyOf(node: unknown): string {
    const key = isSeq(node) || isMap(node) ? node : this.#valueOf(node)
    if (typeof key === 'object' && key !== null) this.#addProblem(node, 'a key must be a text')
    return keyOf(key)
  }

  /** Sections that `<<` names: one, or a list. */
  #mergedBy(value: unknown): readonly unknown[] {
    const sources = [this.#valueOf(value)].flat()
    if (sources.every(isSection)) return sources
    this.#addProblem(value, '<< must name a section, or a list of sections')
    return []
  }

  #aliasedBy(alias: Alias): unknown {
    const anchored = this.#anchors.get(alias.source)
    if (anchored === undefined) {
      const isOpen = this.#anchors.has(alias.source)
      this.#addProblem(
        alias,
        isOpen
          ? `*${alias.source} is within what it stands for`
          : `no anchor of this name comes before: ${NEEDS_QUOTES}`
      )
      return null
    }
    this.#aliased += anchored.size
    if (this.#aliased > MAX_ALIASED) this.#giveUp(alias, 'aliases stand for too much')
    this.#size += anchored.size
    return anchored.value
  }

  /** The value, whose height is known from now on. */
  #measured<T extends object>(value: T): T {
    let height = 0
    for (const member of Object.values(value)) {
      if (typeof member === 'object' && member !== null) height = Math.max(height, this.#heights.get(member as object)!)
    }
    if (height >= MAX_DEPTH)
      this.#giveUp(undefined, `with aliases, lists and sections are nested more than ${MAX_DEPTH} deep`)
    this.#heights.set(value, height + 1)
    return value
  }

  #addProblem(node: unknown, message: string): void {
    // The source of an alias begins with the space before it.
    const start = startOf(node) ?? 0
    this.problems.push({ offset: start + this.#text.slice(start).search(/\S|$/), message })
    if (this.problems.length >= MAX_PROBLEMS) throw new TooMuch()
  }

  #giveUp(node: unknown, message: string): never {
    this.#addProblem(node, message)
    throw new TooMuch()
  }
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<'
}

function isSection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Keys are texts in the end: `1: x` and `"1": x` are alike. */
function keyOf(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value)
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
