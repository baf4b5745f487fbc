import { createHmac, timingSafeEqual } from 'node:crypto'
import { isJsonObject, type Json, JsonNumber, type JsonObject, parseJson } from '../core/json.ts'
import { InvalidJwt, JwtClaims } from './errors.ts'

/**
 * JSON Web Tokens (RFC 7519) signed with a shared secret, as Kapacitor's clients make them: the claims `exp` and
 * `username` are needed. Written here and not taken from a library, since clients match on Kapacitor's texts for every
 * way in which one can be wrong.
 */
const DIGESTS: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }
/** Known to Kapacitor's library and never accepted. */
const OTHER_METHODS = /^(none|[REP]S(256|384|512)|EdDSA)$/

/**
 * Differs: without a shared secret no token passes; the original lets in whoever signs with the empty key.
 * @returns The user's name. Fails with JWT_INVALID or JWT_CLAIMS.
 */
export function userOfJwt(token: string, secret: string, nowMs: number): string {
  const segments = token.split('.')
  const [header, payload, signature] = segments
  if (segments.length !== 3) throw InvalidJwt('token contains an invalid number of segments')
  const method = objectIn(header!).get('alg')
  const claims = objectIn(payload!)
  const digest = digestOf(method)
  if (!isSignedBy(`${header}.${payload}`, signature!, digest, secret)) throw InvalidJwt('signature is invalid')
  refuseAtWrongTime(claims, nowMs / 1000)
  return usernameIn(claims)
}

function objectIn(segment: string): JsonObject {
  const parsed = parseJson(bytesOf(segment).toString())
  if (!parsed.ok) throw InvalidJwt(parsed.message)
  if (!isJsonObject(parsed.value)) throw InvalidJwt('token is malformed')
  return parsed.value
}

function bytesOf(segment: string): Buffer {
  const bad = segment.search(/[^\w-]/)
  const at = bad < 0 && segment.length % 4 === 1 ? segment.length - 1 : bad
  if (at >= 0) throw InvalidJwt(`illegal base64 data at input byte ${at}`)
  return Buffer.from(segment, 'base64url')
}

function digestOf(method: Json | undefined): string {
  if (typeof method !== 'string') throw InvalidJwt('signing method (alg) is unspecified.')
  const digest = Object.hasOwn(DIGESTS, method) ? DIGESTS[method] : undefined
  if (digest !== undefined) return digest
  throw InvalidJwt(
    OTHER_METHODS.test(method) ? `unexpected signing method: ${method}` : 'signing method (alg) is unavailable.'
  )
}

function isSignedBy(content: string, signature: string, digest: string, secret: string): boolean {
  if (secret === '') return false
  const expected = createHmac(digest, secret).update(content).digest()
  const actual = Buffer.from(signature, 'base64url')
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

/** The original names the last of several problems that it looks at. */
function refuseAtWrongTime(claims: JsonObject, now: number): void {
  const isAt = (name: string, isRight: (seconds: number) => boolean): boolean => {
    const value = claims.get(name)
    if (value === undefined) return true
    const seconds = value instanceof JsonNumber ? value.toFloat() : undefined
    return seconds === 0 || (seconds !== undefined && isRight(seconds))
  }
  if (!isAt('nbf', (seconds) => now >= seconds)) throw InvalidJwt('Token is not valid yet')
  if (!isAt('iat', (seconds) => now >= seconds)) throw InvalidJwt('Token used before issued')
  if (!isAt('exp', (seconds) => now <= seconds)) throw InvalidJwt('Token is expired')
}

function usernameIn(claims: JsonObject): string {
  const expires = claims.get('exp')
  if (!(expires instanceof JsonNumber) || expires.toFloat() === 0) throw JwtClaims('token expiration required')
  const name = claims.get('username')
  if (typeof name !== 'string') throw JwtClaims('username in token must be a string')
  if (name === '') throw JwtClaims('token must contain a username')
  return name
}
