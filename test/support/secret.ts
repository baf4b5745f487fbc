/**
 * Secrets of tests: whatever a server of a test logs and answers is searched for them, by what all of them begin with.
 * So a secret that comes out fails the test that it is in, whether or not the test looks for it.
 */
const MARK = 'pl4nted'

/** A secret that no server may show. @param name Tells where it came from. */
export function secret(name: string): string {
  return `${MARK}-${name}`
}

/** What begins like a secret in a text, also in base64 (at any place of what was encoded) or hexadecimal digits. */
export function findSecret(text: string): string | undefined {
  return FORMS.exec(text)?.[0]
}

/** @param what Has said it. Throws where a secret is in it. */
export function refuseSecrets(what: string, text: string): void {
  const found = findSecret(text)
  if (found !== undefined) throw new Error(`${what} shows the secret ${found}: ${text.slice(0, 1000)}`)
}

const bytes = Buffer.from(MARK)
const inHex = bytes.toString('hex')
const inBase64 = [0, 1, 2].map((before) =>
  Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
)
const FORMS = new RegExp(`(?:${[MARK, ...inBase64, inHex, inHex.toUpperCase()].join('|')})[\\w-]*`)
