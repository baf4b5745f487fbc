/** What takes the place of a secret that is shown; put back, it means the one that is there. */
export const MASK = '********'

/** Parameters of a query that hold secrets, as services name them. */
const SECRET_PARAMETER = /(token|key|secret|passw|pwd|auth|sig|credential|session|code|^p$)/i
/** Parts of a path that nobody makes up: the webhooks of Slack, Discord, Teams and the like end in such. */
const RANDOM_SEGMENT = /^(?=.*[a-z])(?=.*\d)[\w:@%+=.-]{16,}$/i
/** What follows it is the rest of a webhook. */
const WEBHOOK = /^(services|webhooks?|hooks?|incoming-?webhook|webhookb2|bot\d.*)$/i

/**
 * A URL, or a template of one, with what may let its reader in masked: the password of a user, secrets of the query,
 * and what in the path is or belongs to a webhook. What is no URL stays as it is, but for a password before its `@`.
 */
export function maskUrl(text: string): string {
  return withSecrets(text, () => MASK)
}

/** What `maskUrl` masks, as it stands there and without its escapes. */
export function secretsOfUrl(text: string): string[] {
  const secrets: string[] = []
  withSecrets(text, (secret) => {
    secrets.push(secret, unescaped(secret))
    return secret
  })
  return secrets
}

/** A part of a URL without its escapes; as it is where they are none. */
export function unescaped(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** A password may hold what it should not: then what looks like a port is none, and its end is the last `@`. */
const URL_PARTS =
  /^([a-z][a-z\d+.-]*:\/\/)([^/?#]*@|[^/?#:@[]*:(?!\d*(?:[/?#]|$)).*@)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is

type Replace = (secret: string) => string

function withSecrets(text: string, replace: Replace): string {
  const parts = URL_PARTS.exec(text)
  if (parts === null)
    return text.replace(/^([^/?#:@\s]+:)([^@]+)@/, (_, user: string, secret: string) => `${user}${replace(secret)}@`)
  const [, scheme = '', user = '', host = '', path = '', query = '', fragment = ''] = parts
  return `${scheme}${userWith(user, replace)}${host}${pathWith(path, replace)}${queryWith(query, replace)}${fragment}`
}

/** @param user With the `@` behind it. A user without a password may be a token. */
function userWith(user: string, replace: Replace): string {
  if (user === '' || user === '@') return user
  const colon = user.indexOf(':')
  const secret = replace(user.slice(colon + 1, -1))
  return colon < 0 ? `${secret}@` : `${user.slice(0, colon)}:${secret}@`
}

function pathWith(path: string, replace: Replace): string {
  let isWebhook = false
  return path
    .split('/')
    .map((segment) => {
      if (segment === '' || segment.includes('{{')) return segment
      const isSecret = isWebhook || RANDOM_SEGMENT.test(segment) || /^bot\d/i.test(segment)
      isWebhook ||= WEBHOOK.test(segment)
      return isSecret ? replace(segment) : segment
    })
    .join('/')
}

function queryWith(query: string, replace: Replace): string {
  return query.replace(/([?&;])([^=&;]*)=([^&;]*)/g, (whole, separator: string, name: string, value: string) =>
    value !== '' && SECRET_PARAMETER.test(name) ? `${separator}${name}=${replace(value)}` : whole
  )
}
