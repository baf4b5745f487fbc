import { RE2JS, RE2JSSyntaxException } from 're2js'
import { messageOf } from '../core/errors.ts'
import { refuse, type Result, succeed } from './diagnostics.ts'

/** RE2 compiled, or Go's words for what is wrong: ``error parsing regexp: missing closing ): `(` ``. */
export function compileRegexp(pattern: string): Result<RE2JS> {
  try {
    if (pattern.includes(NEW_GROUP)) RE2JS.compile(pattern.replaceAll(NEW_GROUP, NO_GROUP))
    return succeed(RE2JS.compile(pattern))
  } catch (error) {
    return refuse(`error parsing regexp: ${describe(error, pattern)}`)
  }
}

/** `(?<name>…)` came to RE2 later than to Kapacitor. In a class or a quotation both are harmless text. */
const NEW_GROUP = '(?<'
const NO_GROUP = '(?\u0001'

function describe(error: unknown, pattern: string): string {
  if (!(error instanceof RE2JSSyntaxException)) return messageOf(error)
  const reason = error.getDescription()
  const fragment = error.getPattern()?.replaceAll(NO_GROUP, NEW_GROUP)
  // Where re2js and Go disagree.
  if (fragment === '(?P<') return 'invalid or unsupported Perl syntax: `(?P`'
  return `${reason}: \`${fragment ?? (reason.startsWith('expression') ? pattern : '')}\``
}
