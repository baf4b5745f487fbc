/**
 * The part of RE2's syntax whose search we can hand to string methods or to the native engine without fear: it means
 * the same there, and its search is linear whatever the text. Everything else is RE2's own (`regex.ts`).
 *
 * What is read: literals, `.`, classes, `\d \w \s`, groups, alternatives, `^ $ \A \z` and repetitions. What a
 * boolean search need not look at, such as a trailing `.*`, is left out.
 */
export type Search =
  | { readonly kind: 'includes' | 'startsWith' | 'endsWith' | 'equals'; readonly text: string }
  | { readonly kind: 'native'; readonly source: string }

/** How to search natively; undefined where RE2 must do it. */
export function planSearch(pattern: string): Search | undefined {
  const root = new PatternReader(pattern).read()
  if (root === undefined) return undefined
  const alternatives = root.map(trimmed)
  const [only] = alternatives
  if (alternatives.length === 1) {
    const literal = literalSearch(only!)
    if (literal !== undefined) return literal
  }
  return alternatives.every(isLinear) && choicesOf(alternatives) <= MAX_CHOICES && workOf(alternatives) <= MAX_WORK
    ? { kind: 'native', source: alternatives.map(sourceOf).join('|') }
    : undefined
}

/** Ways through a pattern that a backtracking search may try at one place. */
const MAX_CHOICES = 64
/** Characters that it may look at for each character of the text. */
const MAX_WORK = 1000
const MAX_COUNT = 100
/** Longest pattern that is looked at: with the limits above it bounds the work for a character of text. */
const MAX_LENGTH = 1000

type Item =
  /** `literal`: the character that it stands for, where it is but one. */
  | { readonly kind: 'character'; readonly source: string; readonly literal?: string }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'group'; readonly alternatives: readonly Sequence[] }
  /** The repetition of one character; `most` may be Infinity. */
  | { readonly kind: 'repeat'; readonly source: string; readonly least: number; readonly most: number }
  | { readonly kind: 'optional'; readonly alternatives: readonly Sequence[] }
type Sequence = readonly Item[]

class PatternReader {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  read(): Sequence[] | undefined {
    if (this.#pattern.length > MAX_LENGTH) return undefined
    const alternatives = this.#alternatives(0)
    return this.#at === this.#pattern.length ? alternatives : undefined
  }

  #alternatives(depth: number): Sequence[] | undefined {
    if (depth > 20) return undefined
    const alternatives: Sequence[] = []
    do {
      const sequence = this.#sequence(depth)
      if (sequence === undefined) return undefined
      alternatives.push(sequence)
    } while (this.#take('|'))
    return alternatives
  }

  #sequence(depth: number): Sequence | undefined {
    const items: Item[] = []
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at]!)) {
      const item = this.#item(depth)
      const repeated = item === undefined ? undefined : this.#repeated(item)
      if (repeated === undefined) return undefined
      items.push(repeated)
    }
    return items
  }

  #item(depth: number): Item | undefined {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!)
    this.#at += character.length
    switch (character) {
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '.':
        return { kind: 'character', source: '[^\\n]' }
      case '(':
        return this.#group(depth)
      case '[':
        return this.#class()
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        return undefined
      default:
        return { kind: 'character', source: escapeLiteral(character), literal: character }
    }
  }

  #group(depth: number): Item | undefined {
    const opening = /^(?:\?:|\?P?<\w+>|(?!\?))/.exec(this.#pattern.slice(this.#at))
    if (opening === null) return undefined
    this.#at += opening[0].length
    const alternatives = this.#alternatives(depth + 1)
    return alternatives !== undefined && this.#take(')') ? { kind: 'group', alternatives } : undefined
  }

  #escape(): Item | undefined {
    const character = this.#pattern[this.#at++]
    if (character === 'A') return { kind: 'start' }
    if (character === 'z') return { kind: 'end' }
    const set = character === undefined ? undefined : SETS[character]
    if (set !== undefined) return { kind: 'character', source: set }
    const literal = escaped(character)
    return literal === undefined ? undefined : { kind: 'character', source: escapeLiteral(literal), literal }
  }

  /** Plain characters, escapes and ranges of them; no names such as `[:alpha:]`. */
  #class(): Item | undefined {
    const match = /^\^?(?:[^\]\\[&~^-]|\\[^\d\p{L}]|\\[dwstnr]|-)+\]/u.exec(this.#pattern.slice(this.#at))
    if (match === null) return undefined
    const text = match[0].slice(0, -1)
    // A dash counts as a range only between two plain characters that ascend.
    for (let dash = text.indexOf('-'); dash >= 0; dash = text.indexOf('-', dash + 1)) {
      const from = text[dash - 1]
      const to = text[dash + 1]
      const isEdge = from === undefined || to === undefined || (from === '^' && dash === 1)
      const isRange = from !== undefined && to !== undefined && /^[0-9A-Za-z]{2}$/.test(from + to) && from < to
      if (!isEdge && (!isRange || text[dash - 2] === '\\' || text[dash + 2] === '-')) return undefined
    }
    this.#at += match[0].length
    const source = text.replace(/\\s/g, '\\t\\n\\f\\r ').replace(/^(\^?)-|-$/g, '$1\\-')
    // Escapes that the native engine does not know in unicode mode are written as what they stand for.
    return { kind: 'character', source: `[${source.replace(/\\([^dwtnrf\\\]^$.*+?()[{}|/-])/gu, '$1')}]` }
  }

  #repeated(item: Item): Item | undefined {
    const match = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(this.#pattern.slice(this.#at))
    if (match === null) return item
    this.#at += match[0].length
    // Whether a repetition is greedy does not matter to a search; two of them in a row RE2 may refuse.
    this.#take('?')
    if (/^[*+?{]/.test(this.#pattern.slice(this.#at))) return undefined
    const [least, most] = bounds(match[0])
    if (item.kind === 'character') {
      return least <= MAX_COUNT && (most <= MAX_COUNT || most === Infinity) && least <= most
        ? { kind: 'repeat', source: item.source, least, most }
        : undefined
    }
    return item.kind === 'group' && match[0] === '?' ? { kind: 'optional', alternatives: item.alternatives } : undefined
  }

  #take(character: string): boolean {
    if (this.#pattern[this.#at] !== character) return false
    this.#at++
    return true
  }
}

/** Sets of characters, which in RE2 are of ASCII alone. */
const SETS: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[0-9A-Za-z_]',
  W: '[^0-9A-Za-z_]',
  s: '[\\t\\n\\f\\r ]',
  S: '[^\\t\\n\\f\\r ]'
}

function escaped(character: string | undefined): string | undefined {
  if (character === 't') return '\t'
  if (character === 'n') return '\n'
  if (character === 'r') return '\r'
  return character !== undefined && /[!-/:-@[-`{-~]/.test(character) && character !== '_' ? character : undefined
}

function escapeLiteral(character: string): string {
  if (character === '\n') return '\\n'
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}

function bounds(repetition: string): readonly [least: number, most: number] {
  if (repetition === '*') return [0, Infinity]
  if (repetition === '+') return [1, Infinity]
  if (repetition === '?') return [0, 1]
  const [least, most] = repetition.slice(1, -1).split(',')
  return [Number(least), most === undefined ? Number(least) : most === '' ? Infinity : Number(most)]
}

/** The sequence without what an unanchored search finds anyway: at its ends `x*` is nothing, and `x+` is one x. */
function trimmed(sequence: Sequence): Sequence {
  const items = [...sequence]
  while (isUnbounded(items[0])) items.splice(0, 1, ...atLeast(items[0]))
  while (isUnbounded(items.at(-1))) items.splice(-1, 1, ...atLeast(items.at(-1) as Repeat))
  return items
}

type Repeat = Extract<Item, { kind: 'repeat' }>

function isUnbounded(item: Item | undefined): item is Repeat {
  return item?.kind === 'repeat' && item.most === Infinity
}

function atLeast({ source, least }: Repeat): Item[] {
  return least === 0 ? [] : [{ kind: 'repeat', source, least, most: least }]
}

function literalSearch(sequence: Sequence): Search | undefined {
  const isStart = sequence[0]?.kind === 'start'
  const isEnd = sequence.length > (isStart ? 1 : 0) && sequence.at(-1)?.kind === 'end'
  let text = ''
  for (const item of sequence.slice(isStart ? 1 : 0, isEnd ? -1 : undefined)) {
    if (item.kind !== 'character' || item.literal === undefined) return undefined
    text += item.literal
  }
  return { kind: isStart ? (isEnd ? 'equals' : 'startsWith') : isEnd ? 'endsWith' : 'includes', text }
}

/**
 * No unbounded repetition; or one, of a single character, in a sequence that can begin at the start of the text only:
 * it is entered once, and each of its ends is tried once.
 */
function isLinear(sequence: Sequence): boolean {
  const unbounded = unboundedIn(sequence)
  return unbounded === 0 || (unbounded === 1 && sequence[0]?.kind === 'start' && sequence.some(isUnbounded))
}

function unboundedIn(sequence: Sequence): number {
  let count = 0
  for (const item of sequence) {
    if (isUnbounded(item)) count++
    else if ('alternatives' in item) for (const alternative of item.alternatives) count += unboundedIn(alternative)
  }
  return count
}

function choicesOf(alternatives: readonly Sequence[]): number {
  let sum = 0
  for (const sequence of alternatives) {
    let product = 1
    for (const item of sequence) {
      if (item.kind === 'repeat' && item.most !== Infinity) product *= item.most - item.least + 1
      else if (item.kind === 'group') product *= choicesOf(item.alternatives)
      else if (item.kind === 'optional') product *= choicesOf(item.alternatives) + 1
    }
    sum += product
  }
  return sum
}

function workOf(alternatives: readonly Sequence[]): number {
  let sum = 0
  for (const sequence of alternatives) {
    // What begins at the start of the text is looked for once.
    if (sequence[0]?.kind !== 'start' || sequence.some(isUnbounded)) sum += choicesOf([sequence]) * spanOf(sequence)
  }
  return sum
}

/** Most characters that it matches, but for those of an unbounded repetition. */
function spanOf(sequence: Sequence): number {
  let span = 0
  for (const item of sequence) {
    if (item.kind === 'character') span++
    else if (item.kind === 'repeat') span += item.most === Infinity ? item.least + 1 : item.most
    else if ('alternatives' in item) for (const alternative of item.alternatives) span += spanOf(alternative)
  }
  return span
}

function sourceOf(sequence: Sequence): string {
  return sequence.map(itemSource).join('')
}

function itemSource(item: Item): string {
  switch (item.kind) {
    case 'character':
      return item.source
    case 'start':
      return '^'
    case 'end':
      return '$'
    case 'group':
      return `(?:${item.alternatives.map(sourceOf).join('|')})`
    case 'optional':
      return `(?:${item.alternatives.map(sourceOf).join('|')})?`
    case 'repeat':
      return `${item.source}{${item.least},${item.most === Infinity ? '' : item.most}}`
  }
}
