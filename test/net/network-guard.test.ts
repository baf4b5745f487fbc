import { connect } from 'node:net'
import t from 'tap'
import { NetworkGuard } from '../../src/net/network-guard.ts'

const PRIVATE = new NetworkGuard(['private'])

t.test('an address of a blocked network is refused in whatever form it comes', async (t) => {
  const addresses = [
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '10.0.0.1',
      '100.64.0.1',
      '127.0.0.1',
      '127.255.255.254',
      '169.254.169.254',
      '172.16.0.1'
    ],
    ...['172.31.255.255', '192.0.0.8', '192.168.1.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', 'fec0::1'],
    ...['::ffff:127.0.0.1', '::ffff:a00:1', '::ffff:0:0', '::127.0.0.1', '::7f00:1'],
    ...['64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2002:c0a8:101::1'],
    ...['[::1]', '[::ffff:192.168.0.1]']
  ]
  for (const address of addresses) {
    t.throws(() => PRIVATE.check(address), { code: 'NETWORK_BLOCKED', message: / is in a blocked network$/ }, address)
  }
})

t.test('an address of another network is not', async (t) => {
  const addresses = [
    ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '126.255.255.255', '128.0.0.1', '172.15.0.1'],
    ...['172.32.0.1', '192.167.0.1', '192.169.0.1', '223.255.255.255', '2606:4700::1111', '::ffff:1.1.1.1'],
    ...['64:ff9b::1.1.1.1', '2002:101:101::', 'example.com', '']
  ]
  for (const address of addresses) t.doesNotThrow(() => PRIVATE.check(address), address)
  t.doesNotThrow(() => new NetworkGuard([]).check('127.0.0.1'))
})

t.test('networks are blocks or single addresses, of either family', async (t) => {
  const guard = new NetworkGuard(['10.1.0.0/16', '1.2.3.4', '2001:db8::/32'])
  for (const address of ['10.1.2.3', '1.2.3.4', '2001:db8:1::1', '::ffff:10.1.0.1']) {
    t.throws(() => guard.check(address), { code: 'NETWORK_BLOCKED' }, address)
  }
  for (const address of ['10.2.0.1', '1.2.3.5', '2001:db9::1']) t.doesNotThrow(() => guard.check(address), address)
  for (const network of ['x', '', '10.0.0.0/33', '10.0.0.0/', '1.2.3/8', '::/129', '10.0.0.0/8/8', '010.0.0.1']) {
    t.throws(() => new NetworkGuard([network]), { code: 'NETWORK_INVALID' }, network)
  }
})

t.test('a name stands for its addresses, in every way in which the system reads it', async (t) => {
  for (const name of ['localhost', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0']) {
    await t.rejects(PRIVATE.resolve(name), { code: 'NETWORK_BLOCKED' }, name)
    const socket = connect({ host: name, port: 9, lookup: PRIVATE.lookup })
    await t.rejects(new Promise((_, reject) => socket.on('error', reject)), { code: 'NETWORK_BLOCKED' }, name)
  }
  t.equal(await new NetworkGuard([]).resolve('no.such.name.'), 'no.such.name.', 'nothing is looked up in vain')
  t.equal(await new NetworkGuard(['10.0.0.0/8']).resolve('1.2.3.4'), '1.2.3.4')
  t.match(await new NetworkGuard(['10.0.0.0/8']).resolve('localhost'), /^(127\.0\.0\.1|::1)$/)
})
