import { messageOf } from './errors.ts'
import { MASK } from './mask.ts'

/**
 * Keeps secrets out of texts that came from elsewhere: a peer that refuses a request may echo it, with the token in its
 * headers, its address or its body. What is known to be secret is masked in whatever form it comes back: as it is,
 * escaped for URLs, JSON or HTML, in hexadecimal digits, or in base64, where it may be a part of what was encoded, as
 * the password of a Basic login is.
 */
export type Redact = (text: string) => string

/** Characters that are kept of an error that tells of a peer: its answer as a whole may be much longer. */
const ERROR_MAX_CHARS = 4096
/** A shorter secret is masked only where it stands alone: it may be a part of many words. */
const WORD_CHARS = 6
/** Longer ones, such as keys in PEM, are looked for as they are and escaped, but not encoded. */
const ENCODED_MAX_CHARS = 1000

/** @param secrets Empty ones are none. */
export function redactorOf(secrets: Iterable<string>): Redact {
  // The longest first: one may be a part of another.
  const known = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
  return (text) => known.reduce((rest, secret) => withoutSecret(rest, traceOf(secret)), text)
}

/** What an error says without the secrets, and in bounds. */
export function redactedMessage(error: unknown, redact: Redact): string {
  const text = redact(messageOf(error))
  return text.length > ERROR_MAX_CHARS ? `${text.slice(0, ERROR_MAX_CHARS)}…` : text
}

/** How a secret is found in a text. */
interface Trace {
  /** A text that has none of these does not have the secret. It is looked for first: patterns take long to compile. */
  readonly parts: readonly string[]
  readonly pattern: RegExp
}

const traces = new Map<string, Trace>()
/** Texts that are remembered; with more the memory begins anew. */
const MAX_TRACES = 1000

function traceOf(secret: string): Trace {
  let trace = traces.get(secret)
  if (trace !== undefined) return trace
  if (traces.size >= MAX_TRACES) traces.clear()
  traces.set(secret, (trace = newTraceOf(secret)))
  return trace
}

function newTraceOf(secret: string): Trace {
  const escaped = escapedPattern(secret)
  const parts = [plainPartOf(secret)]
  if (secret.length < WORD_CHARS) {
    return { parts, pattern: new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu') }
  }
  const bytes = Buffer.from(secret)
  if (secret.length > ENCODED_MAX_CHARS) return { parts, pattern: new RegExp(escaped, 'gu') }
  const inBase64 = [0, 1, 2].map((offset) => base64Of(bytes, offset))
  const inHex = bytes.toString('hex')
  return {
    parts: [...parts, ...inBase64.map(plainPartOf), inHex, inHex.toUpperCase()],
    pattern: new RegExp([escaped, ...inBase64.map(base64Pattern), anyCase(inHex)].join('|'), 'gu')
  }
}

function withoutSecret(text: string, { parts, pattern }: Trace): string {
  return parts.some((part) => text.includes(part)) ? text.replace(pattern, MASK) : text
}

/** The longest part of a text that no way of writing it escapes. */
function plainPartOf(text: string): string {
  return text.split(/\W/).reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}

/** The text with each character as it is, or escaped in one of the ways that there are. */
function escapedPattern(text: string): string {
  return [...text].map((letter) => (/\w/.test(letter) ? letter : `(?:${escapesOf(letter).join('|')})`)).join('')
}

const NAMED: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
const CONTROLS: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't' }

function escapesOf(letter: string): string[] {
  const code = letter.codePointAt(0)!
  const units = Array.from({ length: letter.length }, (_, index) => letter.charCodeAt(index))
  const json = units.map((unit) => `\\\\{1,8}u${anyCase(unit.toString(16).padStart(4, '0'))}`).join('')
  const url = [...Buffer.from(letter)].map((byte) => `%(?:25){0,3}${anyCase(hexOf(byte))}`).join('')
  // The longest first: an escape begins with what may itself be a letter. All are bounded, as what a peer sends may be long.
  return [
    url,
    json,
    `&#(?:0{0,4}${code}|[xX]0{0,4}${anyCase(code.toString(16))});`,
    ...(letter in NAMED ? [`&${NAMED[letter]!};`] : []),
    ...(letter in CONTROLS ? [`\\\\{1,8}${CONTROLS[letter]!}`] : []),
    ...(letter === ' ' ? ['\\+'] : []),
    letter === '\\' ? '\\\\{1,8}' : `\\\\{0,8}\\u{${code.toString(16)}}`
  ]
}

/** The digits that are the same whatever stands before and behind, where so many bytes over a multiple of 3 do before. */
function base64Of(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
  return whole.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((whole.length * 8) / 6))
}

/** @param digits As they are, in the alphabet for URLs, or escaped in a URL. */
function base64Pattern(digits: string): string {
  return digits.replaceAll('+', '(?:[+\\-]|%2[bB])').replaceAll('/', '(?:\\\\{0,8}[\\/_]|%2[fF])')
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** @param digits Hexadecimal ones, in small letters. */
function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}
