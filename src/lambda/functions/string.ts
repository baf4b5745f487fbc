import { type Int, type Value } from '../../model/value.ts'
import { cannotPass, Failure, type Implementation, type LambdaFunction, strictBody } from './spec.ts'
import type { Type } from '../types.ts'

/** Strings count in bytes of UTF-8, as Go's do; texts of ASCII alone, nearly all, take the short way. */
export const STRING_FUNCTIONS: readonly LambdaFunction[] = [
  two('strContains', 'boolean', 'Whether the second string occurs in the first.', contains),
  two('strContainsAny', 'boolean', 'Whether any character of the second string occurs in the first.', containsAny),
  two('strCount', 'int', 'How often the second string occurs in the first, without overlaps.', count),
  two('strHasPrefix', 'boolean', 'Whether the first string begins with the second.', hasPrefix),
  two('strHasSuffix', 'boolean', 'Whether the first string ends with the second.', hasSuffix),
  two('strIndex', 'int', 'Byte offset of the first occurrence of the second string, or -1.', index),
  two('strIndexAny', 'int', 'Byte offset of the first character out of the second string, or -1.', indexAny),
  two('strLastIndex', 'int', 'Byte offset of the last occurrence of the second string, or -1.', lastIndex),
  two('strLastIndexAny', 'int', 'Byte offset of the last character out of the second string, or -1.', lastIndexAny),
  define('strLength', ['string'], 'int', 'Length in bytes.', byteLength),
  define(
    'strReplace',
    ['string', 'string', 'string', 'int'],
    'string',
    'Replaces the first n occurrences (all, where n < 0) of the second string by the third.',
    replace
  ),
  {
    ...define(
      'strSubstring',
      ['string', 'int', 'int'],
      'string',
      'Bytes from the first index up to, not including, the second, which must be less than the length.',
      substring
    ),
    signatures: [{ args: ['string', 'int', 'int'], returns: 'string', call: substring, canFail: true }]
  },
  define('strToLower', ['string'], 'string', 'Lower case, character by character.', toLower),
  define('strToUpper', ['string'], 'string', 'Upper case, character by character.', toUpper),
  two('strTrim', 'string', 'Strips the characters of the second string from both ends.', trim),
  two('strTrimLeft', 'string', 'Strips the characters of the second string from the start.', trimLeft),
  two('strTrimPrefix', 'string', 'Strips the second string from the start, once.', trimPrefix),
  two('strTrimRight', 'string', 'Strips the characters of the second string from the end.', trimRight),
  define('strTrimSpace', ['string'], 'string', 'Strips white space from both ends.', trimSpace),
  two('strTrimSuffix', 'string', 'Strips the second string from the end, once.', trimSuffix)
]

function two(
  name: string,
  returns: Type,
  summary: string,
  call: (text: string, other: string) => Value
): LambdaFunction {
  return define(name, ['string', 'string'], returns, summary, call)
}

function define(
  name: string,
  args: readonly Type[],
  returns: Type,
  summary: string,
  call: Implementation
): LambdaFunction {
  return { name, summary, signatures: [{ args, returns, call }], misuse: strictBody(name, args, cannotPass(name)) }
}

export function byteLength(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) length += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      length += 2
      i++
    } else length += 2
  }
  return length
}

function contains(text: string, part: string): boolean {
  return text.includes(part)
}

function hasPrefix(text: string, prefix: string): boolean {
  return text.startsWith(prefix)
}

function hasSuffix(text: string, suffix: string): boolean {
  return text.endsWith(suffix)
}

function count(text: string, part: string): number {
  if (part === '') return codePoints(text) + 1
  let found = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++
  return found
}

function codePoints(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

function index(text: string, part: string): number {
  return byteOffset(text, text.indexOf(part))
}

function lastIndex(text: string, part: string): number {
  return byteOffset(text, text.lastIndexOf(part))
}

function byteOffset(text: string, at: number): number {
  return at <= 0 ? at : byteLength(text.slice(0, at))
}

function containsAny(text: string, characters: string): boolean {
  return indexAny(text, characters) >= 0
}

function indexAny(text: string, characters: string): number {
  const set = new Set(characters)
  let offset = 0
  for (const character of text) {
    if (set.has(character)) return offset
    offset += byteLength(character)
  }
  return -1
}

function lastIndexAny(text: string, characters: string): number {
  const set = new Set(characters)
  let offset = 0
  let last = -1
  for (const character of text) {
    if (set.has(character)) last = offset
    offset += byteLength(character)
  }
  return last
}

function replace(text: string, old: string, by: string, limit: Int): string {
  if (limit < 0 || limit >= text.length + 1) return text.replaceAll(old === '' ? /(?:)/gu : old, () => by)
  let left = Number(limit)
  return text.replaceAll(old === '' ? /(?:)/gu : old, () => (left-- > 0 ? by : old))
}

function substring(text: string, start: Int, stop: Int): string | Failure {
  if (start < 0) return new Failure(`found negative index for strSubstring: ${start}`)
  if (stop < 0) return new Failure(`found negative index for strSubstring: ${stop}`)
  const length = byteLength(text)
  if (stop >= length) return new Failure(`stop index too large for string in strSubstring: ${stop}`)
  if (start > stop) return new Failure(`runtime error: slice bounds out of range [${start}:${stop}]`, true)
  if (length === text.length) return text.slice(Number(start), Number(stop))
  return Buffer.from(text).toString('utf8', Number(start), Number(stop))
}

/** Characters whose simple upper case is not what JavaScript's full one begins with, and its distance. */
const SIMPLE_UPPER = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]/u

function toUpper(text: string): string {
  if (isAscii(text)) return text.toUpperCase()
  let upper = ''
  for (const character of text) {
    if (SIMPLE_UPPER.test(character)) {
      const code = character.charCodeAt(0)
      upper += String.fromCharCode(code + ((code & 0xff) < 0xb0 ? 8 : 9))
    } else upper += simple(character, character.toUpperCase())
  }
  return upper
}

function toLower(text: string): string {
  if (isAscii(text)) return text.toLowerCase()
  let lower = ''
  for (const character of text) lower += character === 'İ' ? 'i' : simple(character, character.toLowerCase())
  return lower
}

/** A character that only maps to several ones stays as it is. */
function simple(character: string, mapped: string): string {
  return codePoints(mapped) === 1 ? mapped : character
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false
  return true
}

function trim(text: string, characters: string): string {
  return trimRight(trimLeft(text, characters), characters)
}

function trimLeft(text: string, characters: string): string {
  const set = new Set(characters)
  let start = 0
  for (const character of text) {
    if (!set.has(character)) break
    start += character.length
  }
  return text.slice(start)
}

function trimRight(text: string, characters: string): string {
  const set = new Set(characters)
  let end = text.length
  while (end > 0) {
    const isPair = end > 1 && isLowSurrogate(text.charCodeAt(end - 1))
    const character = text.slice(isPair ? end - 2 : end - 1, end)
    if (!set.has(character)) break
    end -= character.length
  }
  return text.slice(0, end)
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

function trimPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text
}

function trimSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text
}

/** Unicode's White_Space: unlike JavaScript's, with U+0085 and without U+FEFF. */
const SPACE = '[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const LEADING_SPACE = new RegExp(`^${SPACE}+`)
const SPACE_CHARACTER = new RegExp(SPACE)

function trimSpace(text: string): string {
  let end = text.length
  while (end > 0 && SPACE_CHARACTER.test(text[end - 1]!)) end--
  return text.slice(0, end).replace(LEADING_SPACE, '')
}
