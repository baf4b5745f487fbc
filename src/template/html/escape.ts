import type {
  ActionNode,
  BranchNode,
  CommandNode,
  TemplateDefinition,
  ListNode,
  Node,
  PipeNode,
  TemplateNode,
  TextNode
} from '../ast.ts'
import { printNode } from '../ast.ts'
import { TemplateError } from '../error.ts'
import { quote } from '../quote.ts'
import { isScriptLiteral, TextReader } from './advance.ts'
import { type Context, ContextError, contextKey, describe, isComment, isSame, join, nudge, TEXT } from './context.ts'
import type { EscaperName } from './escapers.ts'

/**
 * Adds to each action of a template the escapers of the place where it stands, drops comments, and makes stray `<`
 * text. A template that is called in another context than plain text gets a definition of its own for it.
 * @returns The definitions that are used, under names that calls among them refer to.
 * @throws TemplateError
 */
export function escapeTemplate(
  name: string,
  text: string,
  definitions: ReadonlyMap<string, TemplateDefinition>
): Map<string, TemplateDefinition> {
  return new HtmlEscaper(name, text, definitions).run()
}

/** What `{{ html .A .B }}` becomes when its escaping is left to the context. */
export const JOIN_ARGUMENTS = 'print '

/** How deep lists may stand within each other, over the templates that call each other. */
const MAX_DEPTH = 500
/** Nodes that are looked at, each as often as there are contexts that it stands in. */
const MAX_VISITS = 200_000

class HtmlEscaper {
  readonly #name: string
  readonly #text: string
  readonly #definitions: ReadonlyMap<string, TemplateDefinition>
  readonly #escaped = new Map<string, TemplateDefinition>()
  /** Contexts after the templates that were seen, as far as known. */
  readonly #outputs = new Map<string, Context>()
  /** Templates that were called while they were being worked on. */
  readonly #recursive = new Set<string>()
  #depth = 0
  #visits = 0
  /** The contexts at the `break`s and `continue`s of each range that is open. */
  #jumps: Context[] = []

  constructor(name: string, text: string, definitions: ReadonlyMap<string, TemplateDefinition>) {
    this.#name = name
    this.#text = text
    this.#definitions = definitions
  }

  run(): Map<string, TemplateDefinition> {
    try {
      const end = this.#definition(this.#name, TEXT)
      if (end.state === 'text') return this.#escaped
    } catch (error) {
      if (!(error instanceof ContextError)) throw error
      throw new TemplateError(`html/template:${this.#name}: ${error.message}`)
    }
    const end = this.#outputs.get(this.#name)!
    throw new TemplateError(`html/template:${this.#name}: ends in a non-text context: ${describe(end)}`)
  }

  /** Works on a template in a context. @returns The one after it. */
  #definition(name: string, context: Context): Context {
    const key = keyOf(name, context)
    const known = this.#outputs.get(key)
    if (known !== undefined) {
      this.#recursive.add(key)
      return known
    }
    const definition = this.#definitions.get(name)!
    // A template that calls itself has to end where it is assumed to: at first, where it begins.
    let assumed = context
    for (let attempt = 0; attempt < 2; attempt++) {
      this.#outputs.set(key, assumed)
      const [body, end] = this.#list(definition.body, context)
      this.#outputs.set(key, end)
      this.#escaped.set(key, { ...definition, name: key, body })
      if (!this.#recursive.has(key) || isSame(end, assumed)) return end
      assumed = end
    }
    throw new ContextError(`cannot compute output context for template ${name}`)
  }

  #list({ nodes }: ListNode, start: Context): [ListNode, Context] {
    if (++this.#depth > MAX_DEPTH) throw new ContextError(`exceeded maximum template depth (${MAX_DEPTH})`)
    let context = start
    const escaped: Node[] = []
    for (const node of nodes) {
      if (++this.#visits > MAX_VISITS) throw new ContextError(`exceeded ${MAX_VISITS} steps of finding contexts`)
      const [changed, next] = this.#node(node, context)
      context = next
      escaped.push(changed)
    }
    this.#depth--
    return [{ nodes: escaped }, context]
  }

  #node(node: Node, context: Context): [Node, Context] {
    switch (node.kind) {
      case 'text':
        return escapeText(node, context)
      case 'action':
        return this.#action(node, context)
      case 'template':
        return this.#call(node, context)
      case 'break':
      case 'continue':
        this.#jumps.push(context)
        return [node, { ...context, state: 'dead' }]
      default:
        return this.#branch(node, context)
    }
  }

  #call(node: TemplateNode, context: Context): [Node, Context] {
    if (!this.#definitions.has(node.name)) this.#fail(node.position, `no such template ${quote(node.name)}`)
    const after = this.#definition(node.name, context)
    return [{ ...node, name: keyOf(node.name, context) }, after]
  }

  #branch(node: BranchNode, context: Context): [Node, Context] {
    const outer = this.#jumps
    this.#jumps = []
    const [list, afterList] = this.#list(node.list, context)
    let after = afterList
    if (node.kind === 'range') {
      after = this.#joinAll(node, [after, ...this.#jumps])
      // The body runs again from where it ended.
      if (!isSame(after, context)) {
        const [, again] = this.#list(node.list, after)
        after = this.#joinAll(node, [after, again], 'on range loop re-entry: ')
      }
      this.#jumps = outer
    } else {
      outer.push(...this.#jumps)
      this.#jumps = outer
    }
    const [elseList, afterElse] = this.#list(node.elseList ?? { nodes: [] }, context)
    const changed = { ...node, list, elseList: node.elseList === undefined ? undefined : elseList }
    return [changed, this.#joinAll(node, [after, afterElse])]
  }

  #joinAll(node: BranchNode, contexts: readonly Context[], prefix = ''): Context {
    return contexts.reduce((a, b) => {
      const joined = join(a, b)
      if (joined !== undefined) return joined
      const both = `${describe(a)}, ${describe(b)}`
      return this.#fail(node.position, `${prefix}{{${node.kind}}} branches end in different contexts: ${both}`)
    })
  }

  #action(node: ActionNode, before: Context): [Node, Context] {
    if (node.pipe.declarations.length > 0 || before.state === 'dead') return [node, before]
    const context = nudge(before)
    this.#checkPredefined(node, context)
    if (isUrl(context) && context.urlPart === 'unknown') {
      this.#fail(node.position, `{{${printNode(node.pipe)}}} appears in an ambiguous context within a URL`)
    }
    const [pipe, escapers] = merge(node.pipe, escapersOf(context))
    return [{ ...node, pipe, escapers: withoutRedundant(escapers) }, afterAction(context)]
  }

  /** `html` and `urlquery` may only end a pipeline, and not where they are not enough. */
  #checkPredefined(node: ActionNode, context: Context): void {
    const { commands } = node.pipe
    commands.forEach((command, index) => {
      const name = predefinedOf(command)
      if (name === undefined) return
      const isWeak = name === 'html' && context.state === 'attr' && context.delimiter === 'space'
      if (index === commands.length - 1 && !isWeak) return
      this.#fail(node.position, `predefined escaper ${quote(name)} disallowed in template`)
    })
  }

  #fail(position: number, message: string): never {
    const before = this.#text.slice(0, position)
    const line = before.split('\n').length
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1))
    throw new TemplateError(`html/template:${this.#name}:${line}:${column}: ${message}`)
  }
}

function keyOf(name: string, context: Context): string {
  return isSame(context, TEXT) ? name : `${name}\0${contextKey(context)}`
}

function isUrl({ state }: Context): boolean {
  return state === 'url' || (state.startsWith('css') && state !== 'css' && !state.endsWith('Comment'))
}

/** What a value needs where it stands. */
function escapersOf(context: Context): EscaperName[] {
  const inner = innerEscapers(context)
  if (context.delimiter === 'none') return inner
  return [...inner, context.delimiter === 'space' ? 'noSpace' : 'attr']
}

function innerEscapers(context: Context): EscaperName[] {
  const { state, urlPart } = context
  if (isUrl(context)) {
    if (urlPart === 'query') return ['url']
    const isString = state === 'cssDoubleQuoted' || state === 'cssSingleQuoted'
    const normalizer = isString ? 'cssString' : 'urlNormalizer'
    return urlPart === 'none' ? ['urlFilter', normalizer] : [normalizer]
  }
  switch (state) {
    case 'text':
    case 'rcdata':
      return ['htmlText']
    case 'attrName':
    case 'tag':
      return ['name']
    case 'srcset':
      return ['srcset']
    case 'js':
      return ['jsValue']
    case 'jsDoubleQuoted':
    case 'jsSingleQuoted':
      return ['jsString']
    case 'jsTemplate':
      return ['jsTemplate']
    case 'jsRegexp':
      return ['jsRegexp']
    case 'css':
      return ['cssValue']
    default:
      return isComment(context) ? ['comment'] : []
  }
}

function afterAction(context: Context): Context {
  if (context.state === 'js') return { ...context, slash: 'division' }
  return context.state === 'tag' ? { ...context, state: 'attrName' } : context
}

/** Which of the template's own escapers is as good as one of the context's. */
const EQUIVALENT: ReadonlyMap<EscaperName, 'html' | 'urlquery'> = new Map([
  ['attr', 'html'],
  ['htmlText', 'html'],
  ['url', 'urlquery'],
  ['urlNormalizer', 'urlquery']
])

function predefinedOf({ args }: CommandNode): 'html' | 'urlquery' | undefined {
  const [first] = args
  if (first?.kind !== 'identifier') return undefined
  return first.name === 'html' || first.name === 'urlquery' ? first.name : undefined
}

/** Moves the escaper that ends a pipeline to the place of its equivalent, lest a value be escaped twice. */
function merge(pipe: PipeNode, escapers: readonly EscaperName[]): [PipeNode, readonly EscaperName[]] {
  const last = pipe.commands.at(-1)!
  const name = predefinedOf(last)
  if (name === undefined || !escapers.some((escaper) => EQUIVALENT.get(escaper) === name)) return [pipe, escapers]
  const replaced = escapers.map((escaper) => (EQUIVALENT.get(escaper) === name ? name : escaper))
  const before = pipe.commands.slice(0, -1)
  if (before.length > 0) return [{ ...pipe, commands: before }, replaced]
  const first = { kind: 'identifier', position: last.position, name: JOIN_ARGUMENTS } as const
  return [{ ...pipe, commands: [{ ...last, args: [first, ...last.args.slice(1)] }] }, replaced]
}

/** What already leaves nothing to do for an attribute's escaper. */
const SAFE_IN_ATTRIBUTE: ReadonlySet<EscaperName> = new Set<EscaperName>([
  'comment',
  'cssString',
  'jsRegexp',
  'jsString',
  'jsTemplate'
])

function withoutRedundant(escapers: readonly EscaperName[]): EscaperName[] {
  return escapers.filter((escaper, index) => {
    const previous = escapers[index - 1]
    return !(escaper === 'attr' && previous !== undefined && SAFE_IN_ATTRIBUTE.has(previous))
  })
}

function escapeText(node: TextNode, start: Context): [TextNode, Context] {
  let context = start
  let text = ''
  for (const reader = new TextReader(node.text); !reader.isAtEnd;) {
    const { context: next, chunk } = reader.read(context)
    text += isDropped(context) ? remainder(context, chunk) : rewrite(context, next, chunk)
    context = next
  }
  return [{ ...node, text }, context]
}

/** Comments are the author's; those within attributes stay, since their end is not certain. */
function isDropped(context: Context): boolean {
  return isComment(context) && context.delimiter === 'none'
}

/** A block comment separates what stands around it. */
function remainder({ state }: Context, comment: string): string {
  if (state === 'cssBlockComment') return ' '
  if (state !== 'jsBlockComment') return ''
  return /[\n\r\u2028\u2029]/.test(comment) ? '\n' : ' '
}

function rewrite(context: Context, next: Context, chunk: string): string {
  const isOpening = context.state !== next.state && isDropped(next)
  const kept = isOpening ? chunk.replace(/(?:<!--|-->|#!|\/[/*])$/, '') : chunk
  if (context.state === 'text' || context.state === 'rcdata') {
    const tag = context.state === next.state || isOpening ? kept.length : kept.lastIndexOf('<')
    return kept.slice(0, tag).replace(/<(?!!DOCTYPE)/gi, '&lt;') + kept.slice(tag)
  }
  return isScriptLiteral(context) ? kept.replace(/<(?=script|\/script|!--)/gi, '\\x3C') : kept
}
