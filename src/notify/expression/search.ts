import { RE2JS } from 're2js'
import { Regexp } from '../../core/regexp.ts'

/**
 * A regular expression of JavaScript as RE2 searches it, in linear time; undefined where the two do not mean the same
 * by it, or RE2 has no such thing.
 */
export function findSearch(pattern: string, flags: string): ((text: string) => boolean) | undefined {
  if (!/^[im]*$/.test(flags) || UNLIKE.test(pattern)) return undefined
  const options = (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0)
  const compiled = Regexp.compile(pattern.replaceAll('\\/', '/'), options)
  return typeof compiled === 'string' ? undefined : (text) => compiled.test(text)
}

/** Classes of white space and line ends, escapes and brackets that the two languages read differently. */
const UNLIKE = /\\[sSpPuxcQEAzZaCK0-9]|\[:|\[\^?\]|\(\?[^:]/
