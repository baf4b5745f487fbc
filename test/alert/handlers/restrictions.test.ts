import t from 'tap'
import { withDisabled } from '../../../src/alert/handlers/disabled.ts'
import { HttpClient } from '../../../src/alert/handlers/http-client.ts'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import { NetworkGuard } from '../../../src/alert/handlers/network-guard.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { Receiver } from '../rig.ts'
import { depsOf } from './rig.ts'

t.test('no request goes to a blocked network, by address, by name or by a redirect', async (t) => {
  const receiver = await Receiver.start(t)
  const { port } = new URL(receiver.url)
  const post = (networks: readonly string[], host: string) =>
    new HttpClient(new NetworkGuard(networks)).post({ url: `http://${host}:${port}/`, body: '' })
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
