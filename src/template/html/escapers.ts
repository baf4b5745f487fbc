import { escapeHtml, escapeQuery, HTML_REPLACEMENTS, replaceCharacters, replacements } from '../functions.ts'
import { toJson } from '../json.ts'
import { printValue } from '../print.ts'
import { classify, Int, Safe, type Value } from '../values.ts'
import { decodeCss } from './advance.ts'
import { attributeType } from './attributes.ts'

/** Stands where a value has no business to be. */
const FAILSAFE = 'ZgotmplZ'

export type EscaperName =
  | 'html' | 'urlquery' // as the template itself asked
  | 'htmlText' | 'attr' | 'noSpace' | 'name' | 'comment'
  | 'urlFilter' | 'urlNormalizer' | 'url' | 'srcset'
  | 'jsValue' | 'jsString' | 'jsTemplate' | 'jsRegexp' | 'cssString' | 'cssValue' // prettier-ignore

/** What each context does to a value. They take what the one before them returned. */
export const ESCAPERS: ReadonlyMap<EscaperName, (value: Value) => string> = new Map<
  EscaperName,
  (value: Value) => string
>([
  ['html', (value) => escapeHtml(textOf(value))],
  ['urlquery', (value) => escapeQuery(textOf(value))],
  ['htmlText', (value) => escapeText(textOf(value))],
  ['attr', (value) => escapeText(textOf(value))],
  ['noSpace', (value) => escapeUnquoted(textOf(value))],
  ['name', (value) => filterName(textOf(value))],
  ['comment', () => ''],
  ['urlFilter', (value) => filterUrl(textOf(value))],
  ['urlNormalizer', (value) => encodeUrl(textOf(value), NORMAL_URL)],
  ['url', (value) => encodeUrl(textOf(value), URL_PART)],
  ['srcset', (value) => textOf(value).split(',').map(filterSource).join(',')],
  ['jsValue', escapeJsValue],
  ['jsString', (value) => escapeJsText(textOf(value), JS_STRING)],
  ['jsTemplate', (value) => escapeJsText(textOf(value), JS_TEMPLATE)],
  ['jsRegexp', (value) => escapeJsText(textOf(value), JS_REGEXP) || '(?:)'],
  ['cssString', (value) => escapeCss(textOf(value))],
  ['cssValue', (value) => filterCss(textOf(value))]
])

/** Nothing at all for a value that is not there. */
function textOf(value: Value): string {
  return value === undefined || value === null ? '' : printValue(value)
}

function escapeText(text: string): string {
  return replaceCharacters(text, TEXT)
}

const TEXT = replacements({ ...HTML_REPLACEMENTS, '+': '&#43;' })

/** For an attribute's value without quotes. */
function escapeUnquoted(text: string): string {
  if (text === '') return FAILSAFE
  return text.replace(/[\0\t-\r "&'+<=>`\ufdd0-\ufdef\ufff0-\uffff]/g, (character) => {
    if (character === '\0') return '&#xfffd;'
    if (character >= '\ufdd0') return `&#x${character.charCodeAt(0).toString(16)};`
    return NAMED[character] ?? `&#${character.charCodeAt(0)};`
  })
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** A value as an attribute's name: only one of letters and digits that changes nothing else. */
function filterName(text: string): string {
  const name = text.toLowerCase()
  return /^[a-z\d]+$/.test(name) && attributeType(name) === 'plain' ? name : FAILSAFE
}

function isSafeUrl(url: string): boolean {
  const [scheme, rest] = url.split(/:(.*)/s)
  return rest === undefined || scheme!.includes('/') || /^(?:https?|mailto)$/i.test(scheme!)
}

function filterUrl(url: string): string {
  return isSafeUrl(url) ? url : `#${FAILSAFE}`
}

const URL_PART = /[\w\-.~]/
const NORMAL_URL = /[\w\-.~!#$&*+,/:;=?@[\]]/

function encodeUrl(url: string, kept: RegExp): string {
  return url.replace(kept === NORMAL_URL ? /%[\da-f]{2}|[^]/giu : /[^]/gu, (part) => {
    if (part.length === 3 || (part.length === 1 && kept.test(part))) return part
    return Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  })
}

/** One source of a `srcset`: a URL and, behind spaces, a size. */
function filterSource(source: string): string {
  const [, before, url, rest] = /^([\t\n\f\r ]*)([^\t\n\f\r ]*)([^]*)$/.exec(source) as unknown as string[]
  if (!isSafeUrl(url!) || !/^[\t\n\f\r \da-z]*$/i.test(rest!)) return `#${FAILSAFE}`
  return before! + encodeUrl(url!, NORMAL_URL) + rest!
}

/** A value as an expression of a script. */
function escapeJsValue(value: Value): string {
  if (value instanceof Safe) return value.text
  const isNamed = value instanceof Int && value.type.print !== undefined
  const one = classify(value)
  if (one.kind === 'float' && !Number.isFinite(one.value)) {
    return ` /* json: unsupported value: ${printValue(value)} */null `
  }
  const json = toJson(isNamed ? printValue(value) : value)
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

function escapeJsText(text: string, replacements: ReadonlyMap<string, string>): string {
  return text.replace(/[\0-\x1f"$&-/<>?[-^`{-}\u2028\u2029]/g, (character) => {
    const isSpecial = character < ' ' || character >= '\u2028'
    return replacements.get(character) ?? (isSpecial ? unicodeEscape(character) : character)
  })
}

/** A space ends an escape where the next character would be taken for a part of it. */
function escapeCss(text: string): string {
  return text.replace(/\\|[\0\t\n\f\r"&'()+/:;<>{}]/g, (character, index: number) => {
    if (character === '\\') return '\\\\'
    const isOpen = /^(?:[\da-f\t\n\f\r ]|$)/i.test(text.slice(index + 1, index + 2))
    return `\\${character.charCodeAt(0).toString(16)}${isOpen ? ' ' : ''}`
  })
}

/** A value of a property: nothing that could end it or run. */
function filterCss(text: string): string {
  const value = decodeCss(text)
  if (/[\0"'()/;@[\\\]`{}<>]|--/.test(value)) return FAILSAFE
  const identifier = value.replace(/[^\w-]/g, '').toLowerCase()
  return /expression|mozbinding/.test(identifier) ? FAILSAFE : value
}
