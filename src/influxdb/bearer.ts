import { createHmac } from 'node:crypto'

/** How long Kapacitor lets a token be good. */
const LIFETIME_S = 60

/** A JSON Web Token by which InfluxDB knows a user who shares a secret with it. */
export function bearerOf(username: string, secret: string, nowMs: number): string {
  const claims = { exp: Math.floor(nowMs / 1000) + LIFETIME_S, username }
  const content = [{ alg: 'HS512', typ: 'JWT' }, claims].map((part) => encoded(JSON.stringify(part))).join('.')
  return `${content}.${createHmac('sha512', secret).update(content).digest('base64url')}`
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url')
}
