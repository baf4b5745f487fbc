import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { withDisabled } from '../../../src/alert/handlers/disabled.ts'
import { failureOf } from '../../../src/alert/handlers/delivery-error.ts'
import { DeliveryClient } from '../../../src/alert/handlers/http-client.ts'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import { NetworkGuard } from '../../../src/net/network-guard.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { Receiver } from '../rig.ts'
import { collected } from '../support.ts'
import { depsOf, openWith } from './rig.ts'

t.test('no request goes to a blocked network, by address, by name or by a redirect', async (t) => {
  const receiver = await Receiver.start(t)
  const { port } = new URL(receiver.url)
  const post = (networks: readonly string[], host: string) =>
    new DeliveryClient(new NetworkGuard(networks)).post({ url: `http://${host}:${port}/`, body: '' })
  const cases: readonly [networks: readonly string[], host: string, blocked: boolean][] = [
    [['127.0.0.0/8'], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.0.0.0/8'], '0x7f.1', true],
    [['127.0.0.0/8'], '[::ffff:127.0.0.1]', true],
    [['127.0.0.0/8', '::1/128'], 'localhost', true],
    [['private'], '127.0.0.1', true],
    [['private'], '[::1]', true],
    [['127.0.0.2/32', '10.0.0.0/8'], '127.0.0.1', false],
    [[], '127.0.0.1', false]
  ]
  for (const [networks, host, blocked] of cases) {
    const name = `${host} with ${networks.join()}`
    if (!blocked) t.match(await post(networks, host), { status: 200 }, name)
    else await t.rejects(post(networks, host), { failure: 'refused', message: / is in a blocked network$/ }, name)
  }
  receiver.answer = { status: 307, headers: { Location: 'http://10.1.2.3/' } }
  await t.rejects(post(['10.0.0.0/8'], '127.0.0.1'), {
    failure: 'refused',
    message: '10.1.2.3 is in a blocked network'
  })
  for (const network of ['x', '10.0.0.0/33', '10.0.0.0/', '1.2.3/8', '::/129', '10.0.0.0/8/8']) {
    t.throws(() => new NetworkGuard([network]), { code: 'NETWORK_INVALID' }, network)
  }
})

t.test('no handler of any kind reaches a blocked network', async (t) => {
  let connections = 0
  const peer = createServer((socket) => {
    connections++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(peer, 'listening')
  t.teardown(() => peer.close())
  const { port } = peer.address() as AddressInfo
  const on = { enabled: true }
  for (const host of ['127.0.0.1', 'localhost']) {
    const address = `${host}:${port}`
    const kinds: Readonly<Record<string, readonly [options: object, section: object]>> = {
      tcp: [{ address }, {}],
      sensu: [{}, { addr: address }],
      smtp: [{ to: ['a@b'] }, { host, port, from: 'c@d' }],
      mqtt: [
        { 'broker-name': 'b', topic: 't' },
        { name: 'b', url: `tcp://${address}` }
      ],
      kafka: [
        { cluster: 'k', topic: 't' },
        { id: 'k', brokers: [address] }
      ],
      snmptrap: [{ 'trap-oid': '1.1' }, { addr: address }],
      post: [{ url: `http://${address}/` }, {}],
      slack: [{}, { url: `http://${address}/`, default: true }],
      discord: [{}, { url: `http://${address}/`, default: true }],
      teams: [{}, { 'channel-url': `http://${address}/` }],
      pagerduty2: [{}, { url: `http://${address}/` }],
      telegram: [{ 'chat-id': '1' }, { url: `http://${address}/` }]
    }
    const guard = new NetworkGuard(['private'])
    for (const [kind, [options, section]] of Object.entries(kinds)) {
      const deps = { ...depsOf({ [kind]: { ...on, ...section } }), guard, http: new DeliveryClient(guard) }
      const handler = openWith(deps, kind, options)
      const error = await handler.send(collected({})).then(() => undefined, failureOf)
      t.match(error, { failure: 'refused', message: /is in a blocked network/ }, `${kind} to ${host}`)
      handler.close?.()
    }
  }
  t.equal(connections, 0)
})

t.test('a kind of handler that is disabled takes its options and does nothing', (t) => {
  const lines: object[] = []
  const log = {
    ...silentLogger,
    error: (message: string, details: object = {}) => void lines.push({ message, ...details })
  }
  const kinds = withDisabled(handlerKinds, ['exec', 'nope'])
  t.equal(kinds.length, handlerKinds.length)
  const exec = kinds.find(({ kind }) => kind === 'exec')!
  t.strictSame(exec.fromScript({ prog: 'x' }), { prog: 'x' })
  t.notOk('send' in exec.open({ whatever: 1 }, { ...depsOf({}), log }))
  t.match(lines, [{ message: /disabled/, kind: 'exec' }])
  t.end()
})
