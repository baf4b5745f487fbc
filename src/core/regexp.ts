import { RE2JS, RE2JSSyntaxException } from 're2js'
import { messageOf } from './errors.ts'

/**
 * Regular expressions of RE2, whose searches take time in proportion to the text and to the program that a pattern
 * becomes. Both are bounded here: what users write costs no thread more than a second or two.
 * Differs: a regular expression of more than 32768 characters, or of more than 20000 instructions, is refused as too
 * large; Kapacitor takes some millions.
 */
const PATTERN_MAX_LENGTH = 32_768
const PROGRAM_MAX_SIZE = 20_000
/** Instructions times characters that one search may look at: each takes up to 100 ns. */
const SEARCH_MAX_WORK = 20_000_000
/** Replacing searches again behind every match, and each search may look at all of the rest. */
const REPLACE_MAX_MS = 250
/** Bytes for what a search learns about its program; it starts anew with more. */
const STATES_MAX_BYTES = 256 * 1024

const UNANCHORED = 0
const TOO_LARGE = 'error parsing regexp: expression too large'

export class Regexp {
  /** Instructions. */
  readonly size: number
  readonly #re2: ReturnType<RE2JS['re2']>
  readonly #groups: ReadonlyMap<string, readonly number[]>

  private constructor(compiled: RE2JS, groups: ReadonlyMap<string, readonly number[]>) {
    this.#re2 = compiled.re2()
    this.#groups = groups
    this.size = compiled.programSize()
  }

  /**
   * @param flags Of re2js.
   * @returns Go's words for what is wrong in the place of one that cannot be compiled:
   * ``error parsing regexp: missing closing ): `(` ``.
   */
  static compile(pattern: string, flags = 0): Regexp | string {
    if (pattern.length > PATTERN_MAX_LENGTH || sizeOf(pattern) > PROGRAM_MAX_SIZE) {
      return TOO_LARGE
    }
    const named = new NamedGroups(pattern)
    try {
      const compiled = RE2JS.compile(named.pattern, flags)
      if (compiled.programSize() > PROGRAM_MAX_SIZE) return TOO_LARGE
      return new Regexp(compiled, named.numbersIn(compiled.namedGroups()))
    } catch (error) {
      return `error parsing regexp: ${describe(error, named)}`
    }
  }

  /** Number of the last group. */
  get groupCount(): number {
    return this.#re2.numSubexp
  }

  /** Numbers of the groups of a name, of which there may be several. */
  groupsOf(name: string): readonly number[] {
    return this.#groups.get(name) ?? []
  }

  /** Whether the expression matches anywhere in the text. Throws where that would take too long. */
  test(text: string): boolean {
    this.#checkWork(text)
    const re2 = this.#re2
    if (re2.lazyDFA === null) re2.dfa.stateBudget = re2.dfa.memBudget = STATES_MAX_BYTES
    return re2.match(text)
  }

  /**
   * Tells of all matches, empty ones too, from left to right, with the places where they and their groups begin and
   * end; -1 for a group that took no part. Throws where that takes too long.
   */
  forEachMatch(text: string, onMatch: (places: readonly number[]) => void): void {
    this.#checkWork(text)
    const until = performance.now() + REPLACE_MAX_MS
    const { length } = text
    let previousEnd = -1
    for (let at = 0; at <= length;) {
      const [isMatch, places] = this.#re2.matchWithGroup(text, at, length, UNANCHORED, this.groupCount + 1) as [
        boolean,
        number[]
      ]
      if (!isMatch) return
      const [start, end] = places as [number, number]
      // An empty match right behind another one is none.
      if (end > start || start !== previousEnd) onMatch(places)
      previousEnd = end
      at = end > at ? end : at + (text.codePointAt(at)! > 0xffff ? 2 : 1)
      if (performance.now() > until) throw new RangeError('a regular expression took too long')
    }
  }

  #checkWork({ length }: string): void {
    if (this.size * length <= SEARCH_MAX_WORK) return
    throw new RangeError(
      `a regular expression of ${this.size} instructions is too large for a text of ${length} characters`
    )
  }
}

/** Pieces of a pattern: quotations, escapes, classes, openings of groups, repetitions, characters. */
const PIECES =
  /\\Q(?:(?!\\E)[^])*(?:\\E)?|\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|[^])|\[\^?\]?(?:\[:\^?\w*:\]|\\[^]|[^\]\\])*\]?|\(\?P?<(?<name>\w+)>|\((?:\?[A-Za-z-]*:?)?|\{(?<least>\d{1,4})(?<comma>,?)(?<most>\d{0,4})\}|[^]/gu

/** RE2 refuses what is repeated more often, in repetitions of repetitions too. */
const REPEAT_MAX = 1000

interface Level {
  /** Instructions of all that is complete. */
  before: number
  /** Size of the last item, which a repetition multiplies. */
  last: number
  /** How often the last item, or a part of it, is repeated. */
  repeats: number
  /** The most of what is complete. */
  mostRepeats: number
}

/** How many instructions a pattern comes to, about; 0 where RE2 will not get as far as making them. */
function sizeOf(pattern: string): number {
  const levels: Level[] = []
  let level: Level = { before: 0, last: 0, repeats: 1, mostRepeats: 1 }
  const append = (size: number, repeats: number): void => {
    level.before += level.last
    level.mostRepeats = Math.max(level.mostRepeats, level.repeats)
    level.last = size
    level.repeats = repeats
  }
  for (const { 0: piece, groups = {} } of pattern.matchAll(PIECES)) {
    if (piece.startsWith('(') && !piece.endsWith(')')) {
      levels.push(level)
      level = { before: 2, last: 0, repeats: 1, mostRepeats: 1 }
    } else if (piece === ')' && levels.length > 0) {
      const { before, last, repeats, mostRepeats } = level
      level = levels.pop()!
      append(before + last, Math.max(repeats, mostRepeats))
    } else if (groups['least'] !== undefined) {
      const count = Math.max(1, Number(groups['least']), Number(groups['most'] ?? 0))
      level.last *= count + (groups['comma'] === '' ? 0 : 1)
      level.repeats *= count
      if (level.repeats > REPEAT_MAX) return 0
    } else if (piece === '*' || piece === '+' || piece === '?') level.last += 1
    else append(piece.startsWith('\\Q') ? piece.length : 1, 1)
  }
  return levels.reduce((sum, { before, last }) => sum + before + last, level.before + level.last)
}

/** The named groups of a pattern, where names may come again: RE2 is given names of our own for those. */
class NamedGroups {
  /** The expression as it was written. */
  readonly given: string
  /** The expression with a name of its own for each group. */
  readonly pattern: string
  /** What was written in the place of an opening. */
  readonly #openings = new Map<string, string>()
  readonly #names = new Map<string, string[]>()

  constructor(pattern: string) {
    this.given = pattern
    this.pattern = pattern.includes('<') ? pattern.replace(PIECES, (...match) => this.#opening(match)) : pattern
  }

  numbersIn(groups: Readonly<Record<string, number>>): ReadonlyMap<string, readonly number[]> {
    return new Map([...this.#names].map(([name, own]) => [name, own.map((one) => groups[one]!)]))
  }

  /** A part of the pattern as it was written. */
  original(part: string): string {
    if (part === this.pattern) return this.given
    let original = part
    for (const [own, given] of this.#openings) original = original.replaceAll(own, given)
    return original
  }

  #opening(match: readonly unknown[]): string {
    const piece = match[0] as string
    const { name } = match.at(-1) as { readonly name?: string }
    if (name === undefined) return piece
    const known = this.#names.get(name)
    if (known === undefined) {
      this.#names.set(name, [name])
      return piece
    }
    let own = `${name}_${known.length}`
    while (this.given.includes(own)) own += '_'
    known.push(own)
    const opening = `(?P<${own}>`
    this.#openings.set(opening, piece)
    return opening
  }
}

function describe(error: unknown, named: NamedGroups): string {
  if (!(error instanceof RE2JSSyntaxException)) return messageOf(error)
  const reason = error.getDescription()
  const fragment = error.getPattern()
  // Where re2js and Go disagree.
  if (fragment === '(?P<' || fragment === '(?<') {
    return `invalid or unsupported Perl syntax: \`${fragment.replace('P<', 'P')}\``
  }
  if (fragment === null) return `${reason}: \`${reason.startsWith('expression') ? named.given : ''}\``
  return `${reason}: \`${named.original(fragment)}\``
}
