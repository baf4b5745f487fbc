import { createServer, type AddressInfo } from 'node:net'
import { Aedes, type AedesPublishPacket } from 'aedes'
import t, { type Test } from 'tap'
import type { OpenHandler } from '../../../src/alert/handlers/handler.ts'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import { HandlerFactory } from '../../../src/alert/handler-factory.ts'
import { collected } from '../support.ts'
import { depsOf, openHandler, openWith, optionsIn } from './rig.ts'

interface Broker {
  readonly section: Readonly<Record<string, unknown>>
  /** Who connected with which user name and password. */
  readonly logins: string[]
  /** Ends all connections, as a restart does. */
  restart(): void
  /** The next message that was published. */
  next(): Promise<string>
  close(): void
}

async function startBroker(t: Test, name = 'default', isDefault = true): Promise<Broker> {
  const logins: string[] = []
  const messages: string[] = []
  const waiting: ((text: string) => void)[] = []
  const aedes = await Aedes.createBroker({
    authenticate(client, username, password, done) {
      logins.push([client.id, username, password].filter((one) => one !== undefined).join(' '))
      done(null, username !== 'wrong')
    }
  })
  aedes.on('publish', ({ topic, payload, qos, retain }: AedesPublishPacket, client) => {
    if (client === null) return
    const text = `${topic} ${payload.toString()} ${qos}${retain ? ' retained' : ''}`
    const wake = waiting.shift()
    if (wake === undefined) messages.push(text)
    else wake(text)
  })
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((socket) => {
    sockets.add(socket)
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const restart = () => sockets.forEach((socket) => socket.destroy())
  const close = () => {
    restart()
    server.close()
    aedes.close()
  }
  t.teardown(close)
  return {
    section: {
      enabled: true,
      default: isDefault,
      name,
      url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    logins,
    restart,
    close,
    next: () =>
      messages.length > 0 ? Promise.resolve(messages.shift()!) : new Promise((resolve) => waiting.push(resolve))
  }
}

t.test('the message is published to the topic, as the script says', async (t) => {
  const broker = await startBroker(t)
  const { kind, options } = optionsIn(`.mqtt('a/{{ .ID }}').brokerName('default').qos(2).retained(TRUE)`)
  t.strictSame(options, { topic: 'a/{{ .ID }}', 'broker-name': 'default', qos: 2, retained: true })
  const cases: readonly [options: object, published: string][] = [
    [options, 'a/id id is CRITICAL 2 retained'],
    [{ topic: 't', qos: 'at-least-once' }, 't id is CRITICAL 1'],
    [{ topic: 't', qos: 'exactly-one' }, 't id is CRITICAL 2'],
    [{ topic: '{{ .Level }}' }, 'CRITICAL id is CRITICAL 0']
  ]
  for (const [options, published] of cases) {
    const handler = openHandler(kind, options, { mqtt: [broker.section] })
    await handler.send(collected())
    t.equal(await broker.next(), published)
    handler.close?.()
  }
})

t.test('each message goes to its broker, over one connection that logs in', async (t) => {
  const first = await startBroker(t, 'first')
  const second = await startBroker(t, 'second', false)
  const mqtt = [
    { ...first.section, username: 'u', password: 'p' },
    { ...second.section, 'client-id': 'kapok-7' }
  ]
  const deps = depsOf({ mqtt })
  const handlers = ['', 'second', 'first'].map((name) => openWith(deps, 'mqtt', { topic: 't', 'broker-name': name }))
  for (const handler of handlers) for (const message of ['1', '2']) await handler.send(collected({ message }))
  for (const expected of ['1', '2', '1', '2']) t.equal(await first.next(), `t ${expected} 0`)
  t.equal(await second.next(), 't 1 0')
  t.strictSame([first.logins, second.logins], [['first u p'], ['kapok-7']])
  mqtt[0] = { ...first.section, username: 'u', password: 'new' }
  for (const handler of handlers) await handler.send(collected())
  t.strictSame(first.logins, ['first u p', 'first u new'], 'a change of the configuration is noticed')
  for (const handler of handlers) handler.close?.()
})

t.test('a connection that was lost is made anew', async (t) => {
  const broker = await startBroker(t)
  const handler = openHandler('mqtt', { topic: 't', qos: 1 }, { mqtt: [broker.section] })
  await handler.send(collected())
  broker.restart()
  let failures = 0
  for (let isSent = false; !isSent;) {
    isSent = await handler.send(collected({ message: 'again' })).then(
      () => true,
      () => (failures++, false)
    )
  }
  t.ok(failures <= 1, 'at most the attempt fails that was under way')
  t.strictSame([await broker.next(), await broker.next()], ['t id is CRITICAL 1', 't again 1'])
  handler.close?.()
})

t.test('a message that cannot be published says why', async (t) => {
  const broker = await startBroker(t)
  const mqtt = [broker.section]
  const fails = async (options: object, section: unknown, expected: { failure?: string; message: string | RegExp }) => {
    const handler = openHandler('mqtt', options, { mqtt: section })
    await t.rejects(handler.send(collected()), expected)
    handler.close?.()
  }
  await fails({ topic: '{{ index .Tags "x" }}' }, mqtt, { failure: 'refused', message: 'missing MQTT topic' })
  await fails({ topic: 't', 'broker-name': 'x' }, mqtt, { failure: 'refused', message: 'unknown MQTT broker "x"' })
  await fails({ topic: 't' }, [{ ...broker.section, enabled: false }], { message: 'unknown MQTT broker ""' })
  await fails({ topic: 't' }, [{ ...broker.section, username: 'wrong' }], {
    failure: 'unavailable',
    message: /^failed to post message to MQTT broker: .*Not authorized/
  })
  await fails({ topic: 't' }, [{ ...broker.section, 'ssl-ca': '/no/such/file' }], {
    failure: 'unavailable',
    message: /^failed to post message to MQTT broker: ENOENT/
  })
  broker.close()
  await fails({ topic: 't' }, mqtt, { failure: 'unavailable', message: /ECONNREFUSED/ })
  t.throws(() => openHandler('mqtt', { topic: 't', qos: 'often' }), {
    message: /^failed to decode options into \*mqtt\.HandlerConfig: .*error decoding 'qos': invalid QoS$/s
  })
})

t.test('what was sent arrives even where the handler is closed at once', async (t) => {
  const broker = await startBroker(t)
  const long = 'x'.repeat(1_000_000)
  const handler = openHandler('mqtt', { topic: 't' }, { mqtt: [broker.section] })
  await handler.send(collected({ message: long }))
  handler.close?.()
  t.equal(await broker.next(), `t ${long} 0`)
})

t.test('all handlers of a server share the connection to a broker', async (t) => {
  const broker = await startBroker(t)
  const factory = new HandlerFactory(handlerKinds, depsOf({ mqtt: [broker.section] }))
  const handlers = ['a', 'b'].map((topic) => factory.open('mqtt', { topic }, '').handler as OpenHandler)
  for (const handler of handlers) await handler.send(collected())
  t.strictSame([await broker.next(), await broker.next()], ['a id is CRITICAL 0', 'b id is CRITICAL 0'])
  t.equal(broker.logins.length, 1)
  for (const handler of handlers) handler.close?.()
})
