import { byteLength, bytesOf, mendCuts, TEXT_MAX_LENGTH, textOfBytes, textTooLong } from '../../model/bytes.ts'
import type { Int, Value } from '../../model/value.ts'
import { cannotPass, FunctionError, type Implementation, type LambdaFunction, strictBody } from './spec.ts'
import type { Type } from '../types.ts'

/**
 * Strings are bytes of UTF-8, as Go's are, also where a character was cut (`model/bytes.ts`); texts of ASCII alone,
 * nearly all, take the short way.
 */
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

function contains(text: string, part: string): boolean {
  return part.isWellFormed() ? text.includes(part) : binary(text).includes(binary(part))
}

function hasPrefix(text: string, prefix: string): boolean {
  return prefix.isWellFormed() ? text.startsWith(prefix) : binary(text).startsWith(binary(prefix))
}

function hasSuffix(text: string, suffix: string): boolean {
  return suffix.isWellFormed() ? text.endsWith(suffix) : binary(text).endsWith(binary(suffix))
}

function count(text: string, part: string): number {
  if (part === '') return codePoints(text) + 1
  return part.isWellFormed() ? occurrences(text, part) : occurrences(binary(text), binary(part))
}

function occurrences(text: string, part: string): number {
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
  return part.isWellFormed() ? byteOffset(text, text.indexOf(part)) : binary(text).indexOf(binary(part))
}

function lastIndex(text: string, part: string): number {
  return part.isWellFormed() ? byteOffset(text, text.lastIndexOf(part)) : binary(text).lastIndexOf(binary(part))
}

function byteOffset(text: string, at: number): number {
  return at <= 0 ? at : byteLength(text.slice(0, at))
}

/** A text as one character for each of its bytes: parts of characters are found in it, too. */
function binary(text: string): string {
  return bytesOf(text).toString('latin1')
}

function ofBinary(text: string): string {
  return textOfBytes(Buffer.from(text, 'latin1'))
}

function containsAny(text: string, characters: string): boolean {
  return indexAny(text, characters) >= 0
}

function indexAny(text: string, characters: string): number {
  const set = new CharacterSet(characters)
  let offset = 0
  for (const character of text) {
    if (set.has(character)) return offset
    offset += byteLength(character)
  }
  return -1
}

function lastIndexAny(text: string, characters: string): number {
  const set = new CharacterSet(characters)
  let offset = 0
  let last = -1
  for (const character of text) {
    if (set.has(character)) last = offset
    offset += byteLength(character)
  }
  return last
}

/** Characters of a text; as in Go, a byte of a cut one is U+FFFD to all. */
class CharacterSet {
  readonly #characters: ReadonlySet<string>

  constructor(characters: string) {
    this.#characters = new Set(characters.toWellFormed())
  }

  has(character: string): boolean {
    return this.#characters.has(character) || (!character.isWellFormed() && this.#characters.has('\ufffd'))
  }
}

function replace(text: string, old: string, by: string, limit: Int): string {
  // Places where something can be put are at most as many as there are characters, and one more.
  const places = text.length / Math.max(1, old.length) + 1
  if (by.length * places > TEXT_MAX_LENGTH) {
    const replaced = Math.min(limit < 0 ? Infinity : Number(limit), count(text, old))
    if (text.length + replaced * (by.length - old.length) > TEXT_MAX_LENGTH) throw textTooLong()
  }
  if (old.isWellFormed()) return mendCuts(replaceFirst(text, old, by, limit))
  return ofBinary(replaceFirst(binary(text), binary(old), binary(by), limit))
}

function replaceFirst(text: string, old: string, by: string, limit: Int): string {
  const pattern = old === '' ? /(?:)/gu : old
  if (limit < 0 || limit >= text.length + 1) return text.replaceAll(pattern, () => by)
  let left = Number(limit)
  return text.replaceAll(pattern, () => (left-- > 0 ? by : old))
}

function substring(text: string, start: Int, stop: Int): string | FunctionError {
  if (start < 0) return new FunctionError(`found negative index for strSubstring: ${start}`)
  if (stop < 0) return new FunctionError(`found negative index for strSubstring: ${stop}`)
  const length = byteLength(text)
  if (stop >= length) return new FunctionError(`stop index too large for string in strSubstring: ${stop}`)
  if (start > stop) return new FunctionError(`runtime error: slice bounds out of range [${start}:${stop}]`, true)
  if (length === text.length && text.isWellFormed()) return text.slice(Number(start), Number(stop))
  return textOfBytes(bytesOf(text).subarray(Number(start), Number(stop)))
}

/** Characters whose simple upper case is not what JavaScript's full one begins with, and its distance. */
const SIMPLE_UPPER = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]/u

function toUpper(text: string): string {
  if (isAscii(text)) return text.toUpperCase()
  let upper = ''
  for (const character of text.toWellFormed()) {
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
  for (const character of text.toWellFormed())
    lower += character === 'İ' ? 'i' : simple(character, character.toLowerCase())
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
  const set = new CharacterSet(characters)
  let start = 0
  for (const character of text) {
    if (!set.has(character)) break
    start += character.length
  }
  return text.slice(start)
}

function trimRight(text: string, characters: string): string {
  const set = new CharacterSet(characters)
  let end = text.length
  while (end > 0) {
    const character = text.slice(isPairAt(text, end - 2) ? end - 2 : end - 1, end)
    if (!set.has(character)) break
    end -= character.length
  }
  return text.slice(0, end)
}

function isPairAt(text: string, index: number): boolean {
  return index >= 0 && text.codePointAt(index)! > 0xffff
}

function trimPrefix(text: string, prefix: string): string {
  if (!hasPrefix(text, prefix)) return text
  return prefix.isWellFormed() ? text.slice(prefix.length) : textOfBytes(bytesOf(text).subarray(byteLength(prefix)))
}

function trimSuffix(text: string, suffix: string): string {
  if (!hasSuffix(text, suffix)) return text
  if (suffix.isWellFormed()) return text.slice(0, text.length - suffix.length)
  const bytes = bytesOf(text)
  return textOfBytes(bytes.subarray(0, bytes.length - byteLength(suffix)))
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
