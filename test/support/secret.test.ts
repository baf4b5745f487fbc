import t from 'tap'
import { needs } from '../../src/api/needs.ts'
import { createLogger } from '../../src/core/logger.ts'
import { testApp } from './app.ts'
import { findSecret, refuseSecrets, secret } from './secret.ts'

t.test('a secret is found as it is, in base64 at any place, and in hexadecimal digits', async (t) => {
  const planted = secret('x')
  for (const before of ['', 'u', 'u:', 'u:v']) {
    const text = `${before}${planted}`
    for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      const shown = `Basic ${Buffer.from(text).toString(form)} and more`
      t.type(findSecret(shown), 'string', shown)
      t.throws(() => refuseSecrets('it', shown), { message: /^it shows the secret / })
    }
  }
  t.equal(findSecret(encodeURIComponent(`u:${planted}/`)), `${planted}`)
  t.equal(findSecret('nothing planted'), undefined)
})

/** What the process is told of while this runs, in place of the test. */
async function failuresOf(run: () => unknown): Promise<string[]> {
  const failures: string[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', ({ message }) => failures.push(message))
  await run()
  await new Promise(setImmediate)
  process.removeAllListeners('uncaughtException')
  for (const listener of listeners) process.on('uncaughtException', listener)
  return failures
}

t.test('a secret in a line of a log fails the test', async (t) => {
  const log = createLogger({ write() {} }).child({ service: 'x' })
  t.match(await failuresOf(() => log.info('hello', { token: secret('of a line') })), [
    /^the log shows the secret pl4nted-of/
  ])
  t.match(await failuresOf(() => log.info('hello', { err: `at ${btoa(secret('x'))}` })), [/^the log shows the secret/])
  t.strictSame(await failuresOf(() => log.info('hello')), [])
})

t.test('a secret in the body or in a header of an answer fails the test', async (t) => {
  const app = testApp()
  app.get('/body', needs('read'), () => ({ shown: secret('of a body') }))
  app.get('/header', needs('read'), (_, reply) => reply.header('x', secret('of a header')).send('x'))
  app.get('/nothing', needs('read'), () => ({}))
  for (const name of ['body', 'header']) {
    t.match(
      await failuresOf(() => app.inject({ url: `/${name}`, headers: { 'accept-encoding': 'gzip' } })),
      [new RegExp(`^the answer to GET /${name} shows the secret pl4nted-of`)],
      name
    )
  }
  t.strictSame(await failuresOf(() => app.inject('/nothing')), [])
})
