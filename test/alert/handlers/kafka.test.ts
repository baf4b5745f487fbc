import { Consumer, type Message } from '@platformatic/kafka'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { DeliveryClient } from '../../../src/alert/handlers/http-client.ts'
import { clusterSettingsOf } from '../../../src/alert/handlers/kafka-cluster.ts'
import { OauthTokens } from '../../../src/alert/handlers/kafka-oauth.ts'
import { findPartitioner } from '../../../src/alert/handlers/kafka-partitions.ts'
import { Section } from '../../../src/alert/handlers/services.ts'
import { LOGIN, startKafka, unsignedToken } from '../../support/kafka-broker.ts'
import { collected } from '../support.ts'
import { depsOf, openHandler, openWith, optionsIn } from './rig.ts'
import { ManualClock } from '../../support/manual-clock.ts'

t.test('keys are hashed as other clients of Kafka do it', (t) => {
  const cases: readonly [algorithm: string, key: string, hash: number | undefined][] = [
    ['crc32', '', undefined],
    ['', '123456789', 0xcbf43926],
    ['crc32', '123456789', 0xcbf43926],
    ['murmur2', '21', -973932308 & 0x7fffffff],
    ['murmur2', 'foobar', -790332482 & 0x7fffffff],
    ['murmur2', 'a-little-bit-long-string', -985981536 & 0x7fffffff],
    ['murmur2', 'abc', 479470107],
    ['murmur3', '', 0],
    ['murmur3', 'test', Math.abs(0xba6bd213 | 0)],
    ['murmur3', 'Hello, world!', Math.abs(0xc0363e43 | 0)],
    ['fnv-1a', 'foobar', Math.abs(0xbf9cf968 | 0)],
    ['fnv-1a', 'a', Math.abs(0xe40c292c | 0)]
  ]
  for (const [algorithm, key, hash] of cases) {
    t.equal(findPartitioner(algorithm)?.(Buffer.from(key)), hash, `${algorithm} ${key}`)
  }
  t.equal(findPartitioner('toString'), undefined)
  t.end()
})

t.test('a handler that cannot work is refused', (t) => {
  const kafka = [
    { enabled: true, id: 'default', brokers: [] },
    { enabled: false, id: 'off' }
  ]
  const cases: readonly [options: object, message: string][] = [
    [{ topic: 't', cluster: 'x' }, 'unknown cluster "x"'],
    [{ topic: 't', cluster: 'off' }, 'unknown cluster "off"'],
    [{ cluster: 'default' }, 'topic must not be empty'],
    [{ topic: 't', partitionAlgorithm: 'md5' }, 'invalid partition algorithm: "md5"']
  ]
  for (const [options, message] of cases) t.throws(() => openHandler('kafka', options, { kafka }), { message })
  t.end()
})

t.test('no broker is a reason to wait', async (t) => {
  const kafka = [{ enabled: true, id: 'only', brokers: ['127.0.0.1:9'], timeout: '2s' }]
  const handler = openHandler('kafka', { topic: 't' }, { kafka })
  await t.rejects(handler.send(collected()), { failure: 'unavailable', message: /^kafka client error: .*ECONNREFUSED/ })
  handler.close?.()
  const never = [{ ...kafka[0], timeout: '0s', brokers: ['[::1]:9'] }]
  await t.rejects(
    openHandler('kafka', { topic: 't' }, { kafka: never }).send(collected()),
    { failure: 'unavailable', message: /^kafka client error: .*(ECONNREFUSED|EADDRNOTAVAIL).*::1/ },
    'no time limit is none of zero seconds, and an address of IPv6 is one'
  )
  const wrong = [{ ...kafka[0], 'sasl-username': 'u', 'sasl-mechanism': 'KERBEROS' }]
  await t.rejects(openHandler('kafka', { topic: 't' }, { kafka: wrong }).send(collected()), {
    failure: 'refused',
    message: 'kafka client error: unknown sasl-mechanism "KERBEROS"'
  })
})

t.test('a broker that does not answer a login, or answers nonsense, ends a delivery and not the server', async (t) => {
  const treatments: readonly ((socket: Socket, data: Buffer) => void)[] = [
    () => {},
    (socket) => socket.destroy(),
    (socket, data) => socket.write(data),
    (socket) => socket.end(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
  ]
  for (const treat of treatments) {
    const broker = createTcpServer((socket) => {
      socket.on('error', () => {}).on('data', (data) => treat(socket, data))
    }).listen(0, '127.0.0.1')
    await once(broker, 'listening')
    const { port } = broker.address() as AddressInfo
    const login = { 'sasl-username': 'u', 'sasl-password': 'p' }
    const kafka = [{ enabled: true, id: 'only', brokers: [`127.0.0.1:${port}`], timeout: '50ms', ...login }]
    const handler = openHandler('kafka', { topic: 't' }, { kafka })
    await t.rejects(handler.send(collected()), { failure: 'unavailable', message: /^kafka client error: / })
    handler.close?.()
    const closed = once(broker, 'close')
    broker.close()
    // All connections have ended by then, and their errors have been told.
    await closed
  }
})

interface TokenService {
  readonly url: string
  /** Header of the credentials and body of each request. */
  readonly requests: (readonly [authorization: string, body: string])[]
}

/** A token service of OAuth 2; tokens last for a minute. @param answer A token, or a status of 4xx. */
async function startTokenService(t: Test, answer: (isInBody: boolean) => string | number): Promise<TokenService> {
  const requests: (readonly [string, string])[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text) => (body += String(text)))
    request.on('end', () => {
      requests.push([request.headers.authorization ?? '', body])
      const given = answer(body.includes('client_secret'))
      if (typeof given === 'number')
        response.writeHead(given).end('{"error":"invalid_client","error_description":"who?"}')
      else response.end(JSON.stringify({ access_token: given, token_type: 'Bearer', expires_in: 60 }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, requests }
}

t.test('a token is asked for with the credentials of the client, and used until shortly before its end', async (t) => {
  let count = 0
  const { url, requests } = await startTokenService(t, () => `token-${++count}`)
  const clock = new ManualClock()
  const tokens = new OauthTokens(
    {
      ...{ url, clientId: 'a b', clientSecret: 's:t', scopes: ['x', 'y'], parameters: { audience: 'kafka' } },
      ...{ isInBody: false, marginMs: 10_000 }
    },
    new DeliveryClient(),
    clock
  )
  t.strictSame(await Promise.all([tokens.get(), tokens.get()]), ['token-1', 'token-1'])
  clock.advance(49_999)
  t.equal(await tokens.get(), 'token-1')
  clock.advance(1)
  t.equal(await tokens.get(), 'token-2')
  t.strictSame(requests[0], [
    `Basic ${Buffer.from('a%20b:s%3At').toString('base64')}`,
    'audience=kafka&grant_type=client_credentials&scope=x+y'
  ])
})

t.test('a service that wants the credentials in the body gets them there', async (t) => {
  const service = await startTokenService(t, (isInBody) => (isInBody ? 'token' : 401))
  const settings = { url: service.url, clientId: 'c', clientSecret: 's', scopes: [], parameters: {}, marginMs: 60_000 }
  const inBody = ['', 'grant_type=client_credentials&client_id=c&client_secret=s'] as const
  const tokens = new OauthTokens({ ...settings, isInBody: false }, new DeliveryClient(), new ManualClock())
  t.equal(await tokens.get(), 'token')
  t.equal(await tokens.get(), 'token')
  const inHeader = [`Basic ${Buffer.from('c:s').toString('base64')}`, 'grant_type=client_credentials'] as const
  t.strictSame(service.requests.splice(0), [inHeader, inBody, inBody], 'the way that worked is remembered')
  const auth0 = new OauthTokens({ ...settings, isInBody: true }, new DeliveryClient(), new ManualClock())
  t.equal(await auth0.get(), 'token')
  t.strictSame(service.requests, [inBody])
})

t.test('a service that gives no token says why', async (t) => {
  const { url } = await startTokenService(t, () => 400)
  const kafka = [
    {
      ...{ enabled: true, id: 'only', brokers: ['127.0.0.1:9'], 'sasl-mechanism': 'OAUTHBEARER' },
      ...{ 'sasl-oauth-client-id': 'c', 'sasl-oauth-client-secret': 's', 'sasl-oauth-token-url': url }
    }
  ]
  const settings = clusterSettingsOf(new Section((depsOf({ kafka }).section('kafka') as object[])[0] as {}))
  t.match(settings, { timeoutMs: 10_000, oauth: { url, marginMs: 10_000, isInBody: false } })
  const tokens = new OauthTokens(settings.oauth, new DeliveryClient(), new ManualClock())
  await t.rejects(tokens.get(), { message: 'the token service refuses: invalid_client: who?' })
  await t.rejects(tokens.get(), { message: 'the token service refuses: invalid_client: who?' }, 'it is asked again')
})

t.test('events arrive at a real broker', async (t) => {
  const broker = await startKafka(t)
  if (typeof broker === 'string') return void t.plan(0, broker)
  const plain = { enabled: true, id: 'default', brokers: [broker.plain] }
  const secure = {
    ...{ enabled: true, id: 'secure', brokers: [broker.secure], 'use-ssl': true, 'ssl-ca': broker.certificate },
    ...{ 'sasl-username': LOGIN.username, 'sasl-password': LOGIN.password }
  }

  await t.test('the key is the id and chooses the partition, the value is the event or a template', async (t) => {
    const { kind, options } = optionsIn(
      `.kafka().cluster('default').kafkaTopic('made').template('{{ .ID }} {{ .Level }}').partitionHashAlgorithm('murmur2')`
    )
    t.strictSame(options, {
      ...{ cluster: 'default', topic: 'made', template: '{{ .ID }} {{ .Level }}', partitionAlgorithm: 'murmur2' },
      disablePartitionById: false
    })
    const deps = depsOf({ kafka: [plain] })
    const handlers = [options, { topic: 'made' }, { topic: 'made', disablePartitionById: true }].map((options) =>
      openWith(deps, kind, options)
    )
    for (const handler of handlers) {
      for (const id of ['abc', 'abc', '123456789']) await handler.send(collected({ id }))
    }
    for (const handler of handlers) handler.close?.()
    const json = (id: string) => `${collected({ id }).json}\n`
    t.strictSame(
      (await messagesOf(broker.plain, 'made', 9)).map(([key, partition, value]) => [key, partition, value]).sort(),
      [
        ['abc', 479470107 % 3, 'abc CRITICAL'],
        ['abc', 479470107 % 3, 'abc CRITICAL'],
        ['123456789', findPartitioner('murmur2')!(Buffer.from('123456789'))! % 3, '123456789 CRITICAL'],
        ['abc', findPartitioner('')!(Buffer.from('abc'))! % 3, json('abc')],
        ['abc', findPartitioner('')!(Buffer.from('abc'))! % 3, json('abc')],
        ['123456789', 0xcbf43926 % 3, json('123456789')],
        ['abc', 0, json('abc')],
        ['abc', 1, json('abc')],
        ['123456789', 2, json('123456789')]
      ].sort()
    )
  })

  await t.test('a cluster may want TLS and a login', async (t) => {
    for (const [index, mechanism] of ['', 'SCRAM-SHA-256'].entries()) {
      const handler = openHandler('kafka', { topic: 'safe' }, { kafka: [{ ...secure, 'sasl-mechanism': mechanism }] })
      await handler.send(collected({ id: `m${index}` }), { key: `k${index}`, signal: AbortSignal.timeout(60_000) })
      handler.close?.()
    }
    t.strictSame(
      (await messagesOf(broker.plain, 'safe', 2)).map(([key, , , headers]) => [key, headers]).sort(),
      [
        ['m0', 'Idempotency-Key k0'],
        ['m1', 'Idempotency-Key k1']
      ],
      'a consumer can tell another attempt from another event'
    )
    const tokens = await startTokenService(t, () => unsignedToken('kapok'))
    const bearer = { ...secure, 'sasl-mechanism': 'OAUTHBEARER', sasl_extensions: { purpose: 'test' } }
    const client = { 'sasl-oauth-client-id': 'c', 'sasl-oauth-client-secret': 's', 'sasl-oauth-token-url': tokens.url }
    for (const section of [
      { ...bearer, 'sasl-access-token': unsignedToken('static') },
      { ...bearer, ...client }
    ]) {
      const handler = openHandler('kafka', { topic: 'safe' }, { kafka: [section] })
      await handler.send(collected({ id: 'bearer' }))
      handler.close?.()
    }
    t.equal(tokens.requests.length, 1)
    for (const [section, message] of [
      [{ ...bearer, 'sasl-access-token': 'wrong' }, /SASL authentication failed: invalid_/],
      [{ ...secure, 'sasl-password': 'wrong' }, /authentication/i],
      [{ ...secure, 'ssl-ca': '' }, /self.signed|unable to verify/i],
      [{ ...secure, 'ssl-ca': '/no/such' }, /ENOENT/]
    ] as const) {
      const handler = openHandler('kafka', { topic: 'safe' }, { kafka: [section] })
      await t.rejects(handler.send(collected()), { failure: 'unavailable', message })
      handler.close?.()
    }
  })

  await t.test('what the broker will never take is not tried again', async (t) => {
    const big = openHandler('kafka', { topic: 'safe' }, { kafka: [plain] })
    await t.rejects(big.send(collected({ message: 'x'.repeat(150_000) })), {
      failure: 'refused',
      message: /^kafka client error: .* larger than the max message size/
    })
    await big.send(collected())
    big.close?.()
    const bad = openHandler('kafka', { topic: 'no/topic' }, { kafka: [plain] })
    await t.rejects(bad.send(collected()), { failure: 'refused', message: /topic/i })
    bad.close?.()
  })
})

/** Key, partition, value and headers of each message of a topic. */
async function messagesOf(broker: string, topic: string, count: number): Promise<[string, number, string, string][]> {
  const consumer = new Consumer({ clientId: 'test', groupId: topic, bootstrapBrokers: [broker] })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, maxWaitTime: 100 })
  const messages: [string, number, string, string][] = []
  for await (const { key, partition, value, headers } of stream as AsyncIterable<Message>) {
    const shown = [...headers].map(([name, text]) => `${String(name)} ${String(text)}`)
    messages.push([String(key), partition, String(value), shown.join()])
    if (messages.length === count) break
  }
  await consumer.close(true)
  return messages
}
