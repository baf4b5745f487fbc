import { Regexp } from '../core/regexp.ts'
import { refuse, type Result, succeed } from './result.ts'

/** A regular expression compiled, or Go's words for what is wrong with it. */
export function compileRegexp(pattern: string): Result<Regexp> {
  const compiled = Regexp.compile(pattern)
  return typeof compiled === 'string' ? refuse(compiled) : succeed(compiled)
}
