/** What a request brings along to say who makes it. */
export type Credentials =
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  | { readonly kind: 'subscriber'; readonly token: string }
  | { readonly kind: 'bearer'; readonly token: string }

/** User of the URLs that InfluxDB sends to: its password is a token. */
export const SUBSCRIBER = '~subscriber'
/** Tokens that Kapok gives out begin so: they are told from a JWT and from a password. */
export const TOKEN_PREFIX = 'kapok_'

/**
 * A header that can be read decides alone; otherwise `u` and `p` of the query count, where both are there.
 * @returns undefined where there are none.
 */
export function credentialsIn(authorization: string, query: () => URLSearchParams): Credentials | undefined {
  const bearer = /^Bearer (.+)$/s.exec(authorization)?.[1]
  if (bearer !== undefined) return { kind: 'bearer', token: bearer }
  // Clients of InfluxDB 2 say it so; the original knows no such scheme.
  const token = /^Token (kapok_\S+)$/.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'bearer', token }
  const basic = basicIn(authorization)
  if (basic !== undefined) return credentialsOf(...basic)
  const values = query()
  const [name, password] = [values.get('u') ?? '', values.get('p') ?? '']
  if (name === '' || password === '') return undefined
  // Differs: by the query a name stays a name; the original falls over that of a subscriber.
  return { kind: 'password', name, password }
}

/** A token may stand in place of a password, for clients that know nothing else. */
function credentialsOf(name: string, password: string): Credentials {
  if (name === SUBSCRIBER) return { kind: 'subscriber', token: password }
  if (password.startsWith(TOKEN_PREFIX)) return { kind: 'bearer', token: password }
  return { kind: 'password', name, password }
}

/** RFC 7617, with padding and nothing else, as Go reads it. */
function basicIn(authorization: string): [name: string, password: string] | undefined {
  const encoded = /^Basic ([A-Za-z\d+/]+={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined || encoded.length % 4 !== 0) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}
