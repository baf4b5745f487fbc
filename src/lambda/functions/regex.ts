import type { Regexp } from '../../core/regexp.ts'
import { mendCuts, TEXT_MAX_LENGTH, textTooLong } from '../../model/bytes.ts'
import { compileRegexp } from '../../tick/regexp.ts'
import { cannotPass, type LambdaFunction, strictBody } from './spec.ts'
import { planSearch, type Search } from './pattern.ts'

/** Tag values whose verdicts one expression remembers; then it starts anew. Longer ones it does not remember. */
const MAX_VERDICTS = 10_000
const MAX_REMEMBERED_LENGTH = 256

/**
 * A regular expression of a script. Its search never takes more than linear time: simple patterns are string methods
 * or run natively, all others on RE2.
 */
export class Regex {
  readonly #pattern: string
  /** How it is searched natively, if it is. */
  readonly plan: Search | undefined
  readonly #search: (text: string) => boolean
  readonly #verdicts = new Map<string, boolean>()
  #re2: Regexp | undefined

  /** @param pattern A valid one: the parser has seen to it. */
  constructor(pattern: string) {
    this.#pattern = pattern
    this.plan = planSearch(pattern)
    this.#search = this.#searchOf(this.plan)
  }

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    return this.#search(text)
  }

  /** Tests a text that comes again and again, such as a tag: what was found once is known. */
  testTag(text: string): boolean {
    if (text.length > MAX_REMEMBERED_LENGTH) return this.#search(text)
    let verdict = this.#verdicts.get(text)
    if (verdict === undefined) {
      if (this.#verdicts.size >= MAX_VERDICTS) this.#verdicts.clear()
      this.#verdicts.set(text, (verdict = this.#search(text)))
    }
    return verdict
  }

  /** All matches replaced, empty ones too, by a template with `$1`, `${name}` and `$$`. */
  replaceAll(text: string, template: string): string {
    const regexp = this.#compiled()
    let parts: readonly Part[] | undefined
    let replaced = ''
    let end = 0
    regexp.forEachMatch(text, (places) => {
      parts ??= partsOf(template, regexp)
      replaced += text.slice(end, places[0])
      for (const part of parts) replaced += typeof part === 'string' ? part : groupIn(text, part, places)
      end = places[1]!
      if (replaced.length > TEXT_MAX_LENGTH) throw textTooLong()
    })
    return parts === undefined ? text : mendCuts(replaced + text.slice(end))
  }

  #searchOf(plan: Search | undefined): (text: string) => boolean {
    if (plan === undefined) {
      const re2 = this.#compiled()
      return (text) => re2.test(text)
    }
    if (plan.kind === 'native') {
      const native = new RegExp(plan.source, 'u')
      return (text) => native.test(text)
    }
    const part = plan.text
    switch (plan.kind) {
      case 'includes':
        return (text) => text.includes(part)
      case 'startsWith':
        return (text) => text.startsWith(part)
      case 'endsWith':
        return (text) => text.endsWith(part)
      case 'equals':
        return (text) => text === part
    }
  }

  #compiled(): Regexp {
    if (this.#re2 === undefined) {
      const result = compileRegexp(this.#pattern)
      if (!result.ok) throw new Error(result.error.message)
      this.#re2 = result.value
    }
    return this.#re2
  }
}

/** A part of a template: a literal, or the numbers of groups of which the first that took part is meant. */
type Part = string | readonly number[]

/** Groups that do not exist are left out. */
function partsOf(template: string, regexp: Regexp): Part[] {
  const parts: Part[] = []
  let literal = 0
  for (const match of template.matchAll(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu)) {
    parts.push(template.slice(literal, match.index))
    literal = match.index + match[0].length
    if (match[1] !== undefined) parts.push('$')
    else {
      const name = (match[2] ?? match[3])!
      const groups = /^(?:0|[1-9]\d{0,7})$/.test(name) ? [Number(name)] : regexp.groupsOf(name)
      parts.push(groups.filter((group) => group <= regexp.groupCount))
    }
  }
  parts.push(template.slice(literal))
  return parts
}

function groupIn(text: string, groups: readonly number[], places: readonly number[]): string {
  const group = groups.find((group) => places[2 * group]! >= 0)
  return group === undefined ? '' : text.slice(places[2 * group], places[2 * group + 1])
}

export const REGEX_FUNCTIONS: readonly LambdaFunction[] = [
  {
    name: 'regexReplace',
    summary:
      'Replaces all matches of a pattern in the second argument by the third, where `$1` and `${name}` are groups.',
    signatures: [
      {
        args: ['regex', 'string', 'string'],
        returns: 'string',
        call: (regex: Regex, text: string, template: string) => regex.replaceAll(text, template)
      }
    ],
    misuse: strictBody('regexReplace', ['regex', 'string', 'string'], cannotPass('regexReplace'))
  }
]
