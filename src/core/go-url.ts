import { quote } from './print.ts'

/**
 * Why Go's `net/url` does not parse a URL, in its words; undefined where it does. Only what `Parse` looks at: that a
 * scheme is known or a host is there is the business of who connects.
 */
export function findUrlProblem(url: string): string | undefined {
  const reason = reasonAgainst(url)
  return reason === undefined ? undefined : `parse ${quote(url)}: ${reason}`
}

/** What `ParseRequestURI` finds wrong with a URL: it wants a scheme or an absolute path. */
export function findRequestUriProblem(url: string): string | undefined {
  if (url === '') return `parse ${quote(url)}: empty url`
  if (SCHEME.test(url) || /^[:/]/.test(url)) return findUrlProblem(url)
  return `parse ${quote(url)}: invalid URI for request`
}

const SCHEME = /^[a-z][a-z\d+.-]*:/i

function reasonAgainst(url: string): string | undefined {
  if (/\p{Cc}/u.test(url)) return 'net/url: invalid control character in URL'
  if (url.startsWith(':')) return 'missing protocol scheme'
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*:)?([^?#]*)/i.exec(url)!
  const isOpaque = scheme !== '' && !rest.startsWith('/')
  if (isOpaque) return undefined
  if (/^[^/]*:/.test(rest)) return 'first path segment in URL cannot contain colon'
  const [, authority, path] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [undefined, undefined, rest]
  return (authority === undefined ? undefined : reasonAgainstAuthority(authority)) ?? reasonAgainstEscapes(path)
}

function reasonAgainstAuthority(authority: string): string | undefined {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  const port = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : (/:.*$/s.exec(host)?.[0] ?? '')
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${quote(port)} after host`
  const odd = /[ <>"\\^`{|}]/.exec(host)?.[0]
  if (odd !== undefined) return `invalid character ${quote(odd)} in host name`
  const escape = /%.{0,2}/s.exec(host)?.[0]
  return escape === undefined || host.startsWith('[') ? undefined : `invalid URL escape ${quote(escape)}`
}

function reasonAgainstEscapes(path: string | undefined): string | undefined {
  const escape = /%(?![\da-f]{2}).{0,2}/is.exec(path ?? '')?.[0]
  return escape === undefined ? undefined : `invalid URL escape ${quote(escape)}`
}
