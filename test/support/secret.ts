import { subscribe, tracingChannel } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

/**
 * Secrets of tests: all that the servers of a test log and answer is searched for what all secrets begin with, so that a
 * secret that comes out fails its test, whether or not the test looks for it. Servers in the process of the test are
 * searched where they make lines of their logs and answers, whoever gets these; those of other processes where the test
 * reads them (`client.ts`, `program.ts`).
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

/** Fails the test that runs, wherever the text was made: what is thrown here may be caught by the server. */
function failOnSecrets(what: string, text: string): void {
  try {
    refuseSecrets(what, text)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

tracingChannel('pino_asJson').end.subscribe((message) => {
  failOnSecrets('the log', (message as { readonly result: string }).result)
})

subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { readonly fastify: FastifyInstance }
  // Before the server's own hook, which packs answers. What is streamed is logs, seen above, and files.
  fastify.addHook('onSend', ({ method, originalUrl }, reply, payload, done) => {
    const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.toString() : ''
    failOnSecrets(`the answer to ${method} ${originalUrl}`, `${JSON.stringify(reply.getHeaders())} ${body}`)
    done()
  })
})
