import type { Budget } from '../budget.ts'
import {
  escapeHtml,
  escapeQuery,
  HTML_REPLACEMENTS,
  REPLACE_STEPS,
  replaceCharacters,
  replacements,
  textOf
} from '../functions.ts'
import { toJson } from '../json.ts'
import { printValue } from '../print.ts'
import { classify, Int, Safe, type Value } from '../values.ts'
import { decodeCss } from './advance.ts'
import { attributeType } from './attributes.ts'

/** Passes over a text of filters that use regular expressions; steps for a character of a URL, and for a source. */
const PASSES = 8
const ENCODE_STEPS = 10
const SOURCE_STEPS = 20

/** Stands where a value has no business to be. */
const FAILSAFE = 'ZgotmplZ'

export type EscaperName =
  | 'html' | 'urlquery' // as the template itself asked
  | 'htmlText' | 'attr' | 'noSpace' | 'name' | 'comment'
  | 'urlFilter' | 'urlNormalizer' | 'url' | 'srcset'
  | 'jsValue' | 'jsString' | 'jsTemplate' | 'jsRegexp' | 'cssString' | 'cssValue' // prettier-ignore

/** What a context does to a value; it takes what the one before it returned. */
export type Escaper = (value: Value, budget: Budget) => string

export const ESCAPERS: ReadonlyMap<EscaperName, Escaper> = new Map<EscaperName, Escaper>([
  ['html', (value, budget) => escapeHtml(textOf([value], budget), budget)],
  ['urlquery', (value, budget) => escapeQuery(textOf([value], budget), budget)],
  ['htmlText', ofText(escapeText)],
  ['attr', ofText(escapeText)],
  ['noSpace', ofText(escapeUnquoted)],
  ['name', ofText(filterName)],
  ['comment', () => ''],
  ['urlFilter', ofText(filterUrl)],
  ['urlNormalizer', ofText((text, budget) => encodeUrl(text, NORMAL_URL, budget))],
  ['url', ofText((text, budget) => encodeUrl(text, URL_PART, budget))],
  ['srcset', ofText(filterSources)],
  ['jsValue', escapeJsValue],
  ['jsString', ofText((text, budget) => escapeJsText(text, JS_STRING, budget))],
  ['jsTemplate', ofText((text, budget) => escapeJsText(text, JS_TEMPLATE, budget))],
  ['jsRegexp', ofText((text, budget) => escapeJsText(text, JS_REGEXP, budget) || '(?:)')],
  ['cssString', ofText(escapeCss)],
  ['cssValue', ofText(filterCss)]
])

function ofText(escape: (text: string, budget: Budget) => string): Escaper {
  // Nothing at all for a value that is not there.
  return (value, budget) => escape(value === undefined || value === null ? '' : printValue(value, budget), budget)
}

function escapeText(text: string, budget: Budget): string {
  return replaceCharacters(text, TEXT, budget)
}

const TEXT = replacements({ ...HTML_REPLACEMENTS, '+': '&#43;' })

/** Escapes the value of an attribute without quotes. */
function escapeUnquoted(text: string, budget: Budget): string {
  if (text === '') return FAILSAFE
  budget.spendOn(text.length)
  return text.replace(/[\0\t-\r "&'+<=>`\ufdd0-\ufdef\ufff0-\uffff]/g, (character) => {
    budget.spend(REPLACE_STEPS)
    if (character === '\0') return '&#xfffd;'
    if (character >= '\ufdd0') return `&#x${character.charCodeAt(0).toString(16)};`
    return NAMED[character] ?? `&#${character.charCodeAt(0)};`
  })
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** A value as an attribute's name: only one of letters and digits that changes nothing else. */
function filterName(text: string, budget: Budget): string {
  budget.spendOn(text.length * PASSES)
  const name = text.toLowerCase()
  return /^[a-z\d]+$/.test(name) && attributeType(name) === 'plain' ? name : FAILSAFE
}

function isSafeUrl(url: string): boolean {
  const [scheme, rest] = url.split(/:(.*)/s)
  return rest === undefined || scheme!.includes('/') || /^(?:https?|mailto)$/i.test(scheme!)
}

function filterUrl(url: string, budget: Budget): string {
  budget.spendOn(url.length * PASSES)
  return isSafeUrl(url) ? url : `#${FAILSAFE}`
}

const URL_PART = /[\w\-.~]/
const NORMAL_URL = /[\w\-.~!#$&*+,/:;=?@[\]]/

function encodeUrl(url: string, kept: RegExp, budget: Budget): string {
  budget.spend(url.length * ENCODE_STEPS)
  return url.replace(kept === NORMAL_URL ? /%[\da-f]{2}|[^]/giu : /[^]/gu, (part) => {
    if (part.length === 3 || (part.length === 1 && kept.test(part))) return part
    return Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  })
}

/** One source of a `srcset`: a URL and, behind spaces, a size. */
function filterSources(text: string, budget: Budget): string {
  return text
    .split(',')
    .map((source) => filterSource(source, budget))
    .join(',')
}

function filterSource(source: string, budget: Budget): string {
  budget.spend(SOURCE_STEPS)
  budget.spendOn(source.length * PASSES)
  const [, before, url, rest] = /^([\t\n\f\r ]*)([^\t\n\f\r ]*)([^]*)$/.exec(source) as unknown as string[]
  if (!isSafeUrl(url!) || !/^[\t\n\f\r \da-z]*$/i.test(rest!)) return `#${FAILSAFE}`
  return before! + encodeUrl(url!, NORMAL_URL, budget) + rest!
}

/** A value as an expression of a script. */
function escapeJsValue(value: Value, budget: Budget): string {
  if (value instanceof Safe) return value.text
  const isNamed = value instanceof Int && value.type.print !== undefined
  const classified = classify(value)
  if (classified.kind === 'float' && !Number.isFinite(classified.value)) {
    return ` /* json: unsupported value: ${printValue(value, budget)} */null `
  }
  const json = toJson(isNamed ? printValue(value, budget) : value, budget)
  return /^[\w$]|[\w$]$/.test(json) ? ` ${json} ` : json
}

const JS_STRING = escapes('"`&\'+<>', '/\\')
const JS_TEMPLATE = escapes('"`&\'+<>${}', '/\\')
const JS_REGEXP = escapes('"&\'+<>', '/\\$()*-.?[]^{|}')

/** Replacements of characters: as `\u0022`, or with a backslash. */
function escapes(asUnicode: string, withBackslash: string): ReadonlyMap<string, string> {
  return new Map([
    ...Array.from(asUnicode, (character) => [character, unicodeEscape(character)] as const),
    ...Array.from(withBackslash, (character) => [character, `\\${character}`] as const),
    ['\t', '\\t'],
    ['\n', '\\n'],
    ['\f', '\\f'],
    ['\r', '\\r']
  ])
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function escapeJsText(text: string, replacements: ReadonlyMap<string, string>, budget: Budget): string {
  budget.spendOn(text.length)
  return text.replace(/[\0-\x1f"$&-/<>?[-^`{-}\u2028\u2029]/g, (character) => {
    budget.spend(REPLACE_STEPS)
    const isSpecial = character < ' ' || character >= '\u2028'
    return replacements.get(character) ?? (isSpecial ? unicodeEscape(character) : character)
  })
}

/** A space ends an escape where the next character would be taken for a part of it. */
function escapeCss(text: string, budget: Budget): string {
  budget.spendOn(text.length)
  return text.replace(/\\|[\0\t\n\f\r"&'()+/:;<>{}]/g, (character, index: number) => {
    budget.spend(REPLACE_STEPS * 2)
    if (character === '\\') return '\\\\'
    const isOpen = /^(?:[\da-f\t\n\f\r ]|$)/i.test(text.slice(index + 1, index + 2))
    return `\\${character.charCodeAt(0).toString(16)}${isOpen ? ' ' : ''}`
  })
}

/** A value of a property: nothing that could end it or run. */
function filterCss(text: string, budget: Budget): string {
  budget.spend(text.length * REPLACE_STEPS)
  const value = decodeCss(text)
  if (/[\0"'()/;@[\\\]`{}<>]|--/.test(value)) return FAILSAFE
  const identifier = value.replace(/[^\w-]/g, '').toLowerCase()
  return /expression|mozbinding/.test(identifier) ? FAILSAFE : value
}
