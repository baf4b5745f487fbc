import { copyFileSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'
import { eventually } from '../support/eventually.ts'

const FIXTURES = 'test/fixtures/tls'
const ca = readFileSync(`${FIXTURES}/ca.crt`)

const files = testFolder(t)

function useCertificate(name: 'one' | 'two'): void {
  copyFileSync(`${FIXTURES}/${name}.crt`, `${files}/server.crt`)
  copyFileSync(`${FIXTURES}/${name}.key`, `${files}/server.key`)
}

function start(t: Test, environment: Record<string, string> = {}) {
  useCertificate('one')
  return testServer(t, {
    ...{ KAPOK_HTTP_HTTPS_ENABLED: 'true', KAPOK_HTTP_HTTPS_CERTIFICATE: `${files}/server.crt` },
    ...{ KAPOK_HTTP_HTTPS_PRIVATE_KEY: `${files}/server.key`, ...environment }
  })
}

interface ClientOptions {
  readonly cert?: Buffer
  readonly key?: Buffer
}

function ping(url: string, options: ClientOptions = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/kapacitor/v1/ping`, { ca, agent: false, ...options }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

async function nameOfCertificate(url: string): Promise<unknown> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN
}

t.test(
  'the API is served over TLS with the certificate of the files, and with new ones once they change',
  async (t) => {
    const { url } = await start(t)
    t.match(url, /^https:\/\/127\.0\.0\.1:/)
    t.equal(await ping(url), 204)
    t.equal(await nameOfCertificate(url), 'one')
    useCertificate('two')
    await eventually('the new certificate', async () => (await nameOfCertificate(url)) === 'two')
    t.equal(await ping(url), 204)
  }
)

t.test('older versions of TLS than the oldest allowed are refused', async (t) => {
  const { url } = await start(t, { KAPOK_TLS_MIN_VERSION: 'TLS1.3' })
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca, maxVersion: 'TLSv1.2' })
  const [error] = (await once(socket, 'error')) as [Error]
  t.match(error.message, /protocol version|alert/)
})

t.test(
  'where clients need a certificate, one that was signed by the authority gets in and none does not',
  async (t) => {
    const { url } = await start(t, { KAPOK_HTTP_HTTPS_CLIENT_CA: `${FIXTURES}/ca.crt` })
    const own = { cert: readFileSync(`${FIXTURES}/client.crt`), key: readFileSync(`${FIXTURES}/client.key`) }
    t.equal(await ping(url, own), 204)
    await t.rejects(ping(url))
  }
)

t.test('certificates that are of no use are told with the key of the configuration and the file', async (t) => {
  const certificate = 'KAPOK_HTTP_HTTPS_CERTIFICATE'
  const key = 'KAPOK_HTTP_HTTPS_PRIVATE_KEY'
  const cases: readonly [Record<string, string>, RegExp][] = [
    [{ [certificate]: `${files}/none` }, /^http\.https-certificate: ENOENT: .*none/],
    [{ [certificate]: `${FIXTURES}/README.md` }, /^http\.https-certificate: .*README\.md: /],
    [{ [key]: `${FIXTURES}/one.crt` }, /^http\.https-private-key: .*one\.crt: /],
    [{ [key]: `${FIXTURES}/two.key` }, /^http\.https-private-key: the key in .*two\.key is not that of/],
    [{ KAPOK_HTTP_HTTPS_CLIENT_CA: `${files}/none` }, /^http\.https-client-ca: ENOENT/]
  ]
  for (const [environment, message] of cases) {
    await t.rejects(start(t, environment), { code: 'CERTIFICATE_BAD', message }, String(message))
  }
})
