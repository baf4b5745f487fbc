import { quote } from '../quote.ts'
import { attributeType } from './attributes.ts'
import { ATTR_STATES, type Context, ContextError, isComment, type State, TEXT } from './context.ts'
import { decodeEntities } from './entities.ts'

/** Where a piece of text leads: the context after its first `length` characters, which belong together. */
export interface Step {
  readonly context: Context
  readonly length: number
}

/** Reads a text piece by piece, in a time that follows its length. */
export class TextReader {
  readonly #text: string
  #position = 0
  /** The next end tag of an element, as far as it has been looked for; Infinity where the rest has none. */
  readonly #ends = new Map<Context['element'], number>()

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#position === this.#text.length
  }

  /** Reads what stands in `context`; the end of a special element may take none of the text. */
  read(context: Context): { readonly context: Context; readonly chunk: string } {
    const { context: next, length } = this.#advance(context)
    const start = this.#position
    this.#position += length
    return { context: next, chunk: this.#text.slice(start, this.#position) }
  }

  #advance(context: Context): Step {
    const rest = this.#text.slice(this.#position)
    if (context.delimiter !== 'none') return advanceInValue(context, rest)
    const end = this.#endOfElement(context) - this.#position
    if (end === 0) return { context: TEXT, length: 0 }
    return advanceBare(context, rest.slice(0, end))
  }

  /** Index of the end tag of a script, style, textarea or title; Infinity where there is none. */
  #endOfElement(context: Context): number {
    const { element } = context
    if (element === 'none') return Infinity
    // Within a literal of a script it will be escaped.
    if (element === 'script' && (isScriptLiteral(context) || isComment(context))) return Infinity
    const known = this.#ends.get(element)
    if (known !== undefined && known >= this.#position) return known
    const tag = new RegExp(`</${element}[> \\t\\n\\f/]`, 'gi')
    tag.lastIndex = this.#position
    const end = tag.exec(this.#text)?.index ?? Infinity
    this.#ends.set(element, end)
    return end
  }
}

export function isScriptLiteral({ state }: Context): boolean {
  return state === 'jsDoubleQuoted' || state === 'jsSingleQuoted' || state === 'jsTemplate' || state === 'jsRegexp'
}

const VALUE_ENDS = { double: /"/, single: /'/, space: /[ \t\n\f\r>]/ }

/** Goes on within an attribute's value, whose entities are not yet decoded. */
function advanceInValue(context: Context, text: string): Step {
  const delimiter = context.delimiter as keyof typeof VALUE_ENDS
  const end = text.search(VALUE_ENDS[delimiter])
  const value = end < 0 ? text : text.slice(0, end)
  const stray = delimiter === 'space' ? /["'<=`]/.exec(value) : null
  if (stray !== null) throw new ContextError(`${quote(stray[0])} in unquoted attr: ${quote(value)}`)
  if (end < 0) {
    let inner = context
    for (let rest = decodeEntities(text); rest !== '';) {
      const step = advanceBare(inner, rest)
      inner = step.context
      rest = rest.slice(step.length)
    }
    return { context: inner, length: text.length }
  }
  const isOtherScript = context.attr === 'scriptType' && context.state === 'attr' && !isJsType(value)
  const element = isOtherScript ? 'none' : context.element
  return { context: { ...TEXT, state: 'tag', element }, length: end + (delimiter === 'space' ? 0 : 1) }
}

function advanceBare(context: Context, text: string): Step {
  switch (context.state) {
    case 'text':
      return inText(context, text)
    case 'tag':
      return inTag(context, text)
    case 'attrName':
      return inAttrName(context, text)
    case 'afterName':
      return afterName(context, text)
    case 'beforeValue':
      return beforeValue(context, text)
    case 'comment':
      return upTo(context, text, /-->/, 'text', true)
    case 'url':
    case 'srcset':
      return { context: { ...context, urlPart: urlPartAfter(context, text) }, length: text.length }
    case 'js':
      return inJs(context, text)
    case 'jsDoubleQuoted':
      return inJsLiteral(context, text, /\\[^]?|"/g)
    case 'jsSingleQuoted':
      return inJsLiteral(context, text, /\\[^]?|'/g)
    case 'jsRegexp':
      return inJsLiteral(context, text, /\\[^]?|<\/script|[/[\]]/gi)
    case 'jsTemplate':
      return inJsTemplate(context, text)
    case 'jsBlockComment':
      return upTo(context, text, /\*\//, 'js', true)
    case 'jsLineComment':
      return upTo(context, text, /[\n\r\u2028\u2029]/, 'js', false)
    case 'css':
      return inCss(context, text)
    case 'cssBlockComment':
      return upTo(context, text, /\*\//, 'css', true)
    case 'cssLineComment':
      return upTo(context, text, /[\n\f\r]/, 'css', false)
    case 'cssDoubleQuoted':
    case 'cssDoubleQuotedUrl':
      return inCssString(context, text, /\\[^]?|"/g)
    case 'cssSingleQuoted':
    case 'cssSingleQuotedUrl':
      return inCssString(context, text, /\\[^]?|'/g)
    case 'cssUrl':
      return inCssString(context, text, /\\[^]?|[\t\n\f\r )]/g)
    default:
      return { context, length: text.length }
  }
}

/** Up to a mark that ends the state, or all. */
function upTo(context: Context, text: string, mark: RegExp, next: State, takesMark: boolean): Step {
  const match = mark.exec(text)
  if (match === null) return { context, length: text.length }
  const after = next === 'text' ? TEXT : { ...context, state: next }
  return { context: after, length: match.index + (takesMark ? match[0].length : 0) }
}

const TAG_START = /<!--|<(\/?)([a-z][a-z\d]*(?:[:-][a-z\d]+)*)/i
const SPECIAL = /^(?:script|style|textarea|title)$/

function inText(context: Context, text: string): Step {
  const match = TAG_START.exec(text)
  if (match === null) return { context, length: text.length }
  const length = match.index + match[0].length
  if (match[2] === undefined) return { context: { ...TEXT, state: 'comment' }, length }
  const name = match[2].toLowerCase()
  const element = match[1] === '' && SPECIAL.test(name) ? (name as Context['element']) : 'none'
  return { context: { ...TEXT, state: 'tag', element }, length }
}

const CONTENT: Readonly<Record<Context['element'], State>> = {
  none: 'text',
  script: 'js',
  style: 'css',
  textarea: 'rcdata',
  title: 'rcdata'
}

function inTag(context: Context, text: string): Step {
  const start = afterSpace(text)
  if (start === text.length) return { context, length: start }
  const { element } = context
  if (text[start] === '>') return { context: { ...TEXT, state: CONTENT[element], element }, length: start + 1 }
  const end = start + attributeNameLength(text.slice(start), text)
  if (end === start) {
    throw new ContextError(`expected space, attr name, or end of tag, but got ${quote(text.slice(start))}`)
  }
  const attr = attributeOf(text.slice(start, end).toLowerCase(), element)
  return { context: { ...TEXT, state: end === text.length ? 'attrName' : 'afterName', element, attr }, length: end }
}

function attributeOf(name: string, element: Context['element']): Context['attr'] {
  if (element === 'script' && name === 'type') return 'scriptType'
  const type = attributeType(name)
  if (type === 'url' || type === 'srcset') return type
  return type === 'css' ? 'style' : type === 'js' ? 'script' : 'none'
}

function inAttrName(context: Context, text: string): Step {
  const length = attributeNameLength(text, text)
  return { context: length === text.length ? context : { ...context, state: 'afterName' }, length }
}

function attributeNameLength(text: string, whole: string): number {
  const end = text.search(/[ \t\n\f\r=>'"<]/)
  if (end < 0) return text.length
  const stop = text[end]!
  if (!`'"<`.includes(stop)) return end
  throw new ContextError(`${quote(stop)} in attribute name: ${quote([...whole].slice(0, 32).join(''))}`)
}

function afterName(context: Context, text: string): Step {
  const start = afterSpace(text)
  if (start === text.length) return { context, length: start }
  if (text[start] !== '=') return { context: { ...context, state: 'tag' }, length: start }
  return { context: { ...context, state: 'beforeValue' }, length: start + 1 }
}

function beforeValue(context: Context, text: string): Step {
  const start = afterSpace(text)
  if (start === text.length) return { context, length: start }
  const state = ATTR_STATES[context.attr]
  if (text[start] === '"') return { context: { ...context, state, delimiter: 'double' }, length: start + 1 }
  if (text[start] === "'") return { context: { ...context, state, delimiter: 'single' }, length: start + 1 }
  return { context: { ...context, state, delimiter: 'space' }, length: start }
}

function afterSpace(text: string): number {
  const index = text.search(/[^ \t\n\f\r]/)
  return index < 0 ? text.length : index
}

function urlPartAfter({ urlPart }: Context, text: string): Context['urlPart'] {
  if (/[#?]/.test(text)) return 'query'
  return urlPart === 'none' && afterSpace(text) < text.length ? 'beforeQuery' : urlPart
}

const JS_START = /["'`{}]|\/[/*]?|<!--|-->|#!/

function inJs(context: Context, text: string): Step {
  const match = JS_START.exec(text)
  if (match === null) return { context: { ...context, slash: slashAfter(text, context.slash) }, length: text.length }
  const [mark] = match
  const slash = slashAfter(text.slice(0, match.index), context.slash)
  const length = match.index + mark.length
  const go = (state: State, next: Context['slash'] = slash): Step => ({
    context: { ...context, state, slash: next },
    length
  })
  switch (mark) {
    case '"':
      return go('jsDoubleQuoted', 'regexp')
    case "'":
      return go('jsSingleQuoted', 'regexp')
    case '`':
      return go('jsTemplate', 'regexp')
    case '/*':
      return go('jsBlockComment')
    case '/':
      if (slash === 'regexp') return go('jsRegexp')
      if (slash === 'division') return go('js', 'regexp')
      throw new ContextError(
        `'/' could start a division or regexp: ${quote([...text.slice(match.index)].slice(0, 32).join(''))}`
      )
    case '{':
    case '}':
      return { context: afterBrace(context, mark, slashAfter(mark, slash)), length }
    default:
      return go('jsLineComment')
  }
}

/** Braces count only within `${…}`, whose own one leads back to the literal. */
function afterBrace(context: Context, brace: string, slash: Context['slash']): Context {
  const depth = context.braces.at(-1)
  if (depth === undefined) return { ...context, slash }
  const outer = context.braces.slice(0, -1)
  if (brace === '}' && depth === 0) return { ...context, state: 'jsTemplate', braces: outer }
  return { ...context, slash, braces: [...outer, depth + (brace === '{' ? 1 : -1)] }
}

/** Keywords that an expression follows, and so a regular expression may. */
const BEFORE_EXPRESSION =
  /(?:^|[^\w$])(?:break|case|continue|delete|do|else|finally|in|instanceof|return|throw|try|typeof|void)$/

/** More than the longest of them, and what stands before it. */
const LAST_WORD = 12

/** What a slash means behind a piece of script without literals and comments. */
function slashAfter(text: string, before: Context['slash']): Context['slash'] {
  const end = endBefore(text, text.length, '\t\n\f\r \u2028\u2029')
  if (end === 0) return before
  const last = text[end - 1]!
  // `a++ /b` divides, `a + /b/` does not.
  if (last === '+' || last === '-') return (end - endBefore(text, end, last)) % 2 === 1 ? 'regexp' : 'division'
  const code = text.slice(Math.max(0, end - LAST_WORD), end)
  if (last === '.') return /\d\.$/.test(code) ? 'division' : 'regexp'
  return ',<>=*%&|^?!~([:;{}'.includes(last) || BEFORE_EXPRESSION.test(code) ? 'regexp' : 'division'
}

/** The end of what stands before a run of such characters that ends at `end`. */
function endBefore(text: string, end: number, characters: string): number {
  while (end > 0 && characters.includes(text[end - 1]!)) end--
  return end
}

/** A string or regular expression; a slash within brackets does not end the latter. */
function inJsLiteral(context: Context, text: string, marks: RegExp): Step {
  let isInBrackets = false
  for (const match of text.matchAll(marks)) {
    const [mark] = match
    if (mark === '\\') throw new ContextError(`unfinished escape sequence in JS string: ${quote(text)}`)
    if (mark === '[' || mark === ']') isInBrackets = mark === '['
    else if (mark.length === 1 && !isInBrackets) {
      return { context: { ...context, state: 'js', slash: 'division' }, length: match.index + 1 }
    }
  }
  if (isInBrackets) throw new ContextError(`unfinished JS regexp charset: ${quote(text)}`)
  return { context, length: text.length }
}

/** Template literals of scripts within each other. */
const MAX_LITERALS = 100

function inJsTemplate(context: Context, text: string): Step {
  for (const match of text.matchAll(/\\[^]?|\$\{|`/g)) {
    const [mark] = match
    if (mark === '\\') throw new ContextError(`unfinished escape sequence in JS string: ${quote(text)}`)
    if (mark === '`') return { context: { ...context, state: 'js' }, length: match.index + 1 }
    if (mark === '${') {
      if (context.braces.length >= MAX_LITERALS) {
        throw new ContextError(`more than ${MAX_LITERALS} JS template literals within each other`)
      }
      return { context: { ...context, state: 'js', braces: [...context.braces, 0] }, length: match.index + 2 }
    }
  }
  return { context, length: text.length }
}

const CSS_START = /["']|\/[/*]|\([\t\n\f\r ]*["']?/g

function inCss(context: Context, text: string): Step {
  for (const match of text.matchAll(CSS_START)) {
    const [mark] = match
    const length = match.index + mark.length
    const go = (state: State): Step => ({ context: { ...context, state }, length })
    if (mark === '"') return go('cssDoubleQuoted')
    if (mark === "'") return go('cssSingleQuoted')
    if (mark === '//') return go('cssLineComment')
    if (mark === '/*') return go('cssBlockComment')
    const name = endBefore(text, match.index, '\t\n\f\r ')
    const isUrl = /(?:^|[^\w-])url$/i.test(text.slice(Math.max(0, name - 4), name))
    if (mark.endsWith('"')) return go(isUrl ? 'cssDoubleQuotedUrl' : 'cssDoubleQuoted')
    if (mark.endsWith("'")) return go(isUrl ? 'cssSingleQuotedUrl' : 'cssSingleQuoted')
    if (isUrl) return go('cssUrl')
  }
  return { context, length: text.length }
}

/** All strings of styles are taken for URLs. */
function inCssString(context: Context, text: string, marks: RegExp): Step {
  for (const match of text.matchAll(marks)) {
    const [mark] = match
    if (mark === '\\') throw new ContextError(`unfinished escape sequence in CSS string: ${quote(text)}`)
    if (mark.length === 1) return { context: { ...context, state: 'css' }, length: match.index + 1 }
  }
  return { context: { ...context, urlPart: urlPartAfter(context, decodeCss(text)) }, length: text.length }
}

/** Undoes the escapes of a style sheet. */
export function decodeCss(text: string): string {
  return text.replace(
    /\\(?:([\da-f]{1,6})(?:\r\n|[\t\n\f\r ])?|([^]))/giu,
    (_all, hex?: string, character?: string) => {
      if (hex === undefined) return character ?? ''
      const code = parseInt(hex, 16)
      return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
    }
  )
}

/** Types of `<script>` that are scripts, or data that is read as one. */
const JS_TYPE =
  /^(?:|module|application\/(?:x-)?(?:ecma|java)script|application\/(?:ld\+)?json|text\/(?:x-)?(?:ecma|java)script|text\/javascript1\.[0-5]|text\/(?:j|live)script)$/

function isJsType(value: string): boolean {
  return JS_TYPE.test(value.split(';')[0]!.trim().toLowerCase())
}
