import { createSocket } from 'node:dgram'
import t, { type Test } from 'tap'
import { createReceiver } from 'net-snmp'
import { collected } from '../support.ts'
import { openHandler, optionsIn } from './rig.ts'

interface Variable {
  readonly oid: string
  readonly type: number
  readonly value: unknown
}

interface Notification {
  readonly pdu: { readonly type: number; readonly varbinds: readonly Variable[] }
}

/** A receiver that takes only traps of the community `public`. */
async function startReceiver(t: Test): Promise<{ readonly addr: string; next(): Promise<Notification> }> {
  const port = await findPort()
  const received: Notification[] = []
  const waiting: ((one: Notification) => void)[] = []
  const receiver = createReceiver(
    { port, address: '127.0.0.1', disableAuthorization: false },
    (error: Error | null, notification: Notification) => {
      if (error !== null) return
      const wake = waiting.shift()
      if (wake === undefined) received.push(notification)
      else wake(notification)
    }
  ) as { getAuthorizer(): { addCommunity(name: string): void }; close(done?: () => void): void }
  receiver.getAuthorizer().addCommunity('public')
  t.teardown(() => receiver.close(() => {}))
  return {
    addr: `127.0.0.1:${port}`,
    next: () =>
      received.length > 0 ? Promise.resolve(received.shift()!) : new Promise((resolve) => waiting.push(resolve))
  }
}

/** The receiver does not tell which port it got. */
async function findPort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}

t.test('a trap has the time, its OID and the data of the script', async (t) => {
  const { addr, next } = await startReceiver(t)
  const { kind, options } = optionsIn(
    `.snmpTrap('1.3.6.1.4.1.1').data('1.3.6.1.4.1.1.1', 'c', '18446744073709551615').data('1.3.6.1.4.1.1.2', 'i', '-5').data('1.3.6.1.4.1.1.3', 'n', '').data('1.3.6.1.4.1.1.4', 's', '{{ .Level }} é').data('1.3.6.1.4.1.1.5', 't', '4294967295')`
  )
  t.match(options, {
    'trap-oid': '1.3.6.1.4.1.1',
    'data-list': [{ oid: '1.3.6.1.4.1.1.1', type: 'c', value: '18446744073709551615' }, {}, {}, {}, {}]
  })
  const snmptrap = { enabled: true, addr, community: 'public', retries: 1 }
  await openHandler(kind, options, { snmptrap }).send(collected())
  const { pdu } = await next()
  const TRAP_V2 = 0xa7
  t.equal(pdu.type, TRAP_V2)
  t.strictSame(
    pdu.varbinds.map(({ oid, type, value }) => [
      oid,
      type,
      Buffer.isBuffer(value) && type === 4 ? String(value) : value
    ]),
    [
      ['1.3.6.1.2.1.1.3.0', 67, 1000],
      ['1.3.6.1.6.3.1.1.4.1.0', 6, '1.3.6.1.4.1.1'],
      ['1.3.6.1.4.1.1.1', 70, Buffer.from('00ffffffffffffffff', 'hex')],
      ['1.3.6.1.4.1.1.2', 2, -5],
      ['1.3.6.1.4.1.1.3', 5, null],
      ['1.3.6.1.4.1.1.4', 4, 'CRITICAL é'],
      ['1.3.6.1.4.1.1.5', 67, 4294967295]
    ]
  )
})

t.test('a trap that makes no sense is not sent', async (t) => {
  const snmptrap = { enabled: true, addr: '127.0.0.1:9' }
  const cases: readonly (readonly [type: string, value: string, message: string | RegExp])[] = [
    ['a', '1', "Snmptrap Datatype 'IP address' not supported"],
    ['d', '1', "Snmptrap Datatype 'Decimal string' not supported"],
    ['o', '1', "Snmptrap Datatype 'Object ID' not supported"],
    ['u', '1', "Snmptrap Datatype 'Unsigned integer' not supported"],
    ['x', '1', "Snmptrap Datatype 'Hexadecimal string' not supported"],
    ['toString', '1', 'Snmptrap Datatype not known: toString'],
    ['c', '18446744073709551616', '"18446744073709551616" is no integer of 64 bits'],
    ['i', '1.5', '"1.5" is no integer of 64 bits'],
    ['t', '{{ .ID }}', '"id" is no integer of 64 bits']
  ]
  for (const [type, value, message] of cases) {
    const options = { 'trap-oid': '1.1', 'data-list': [{ oid: '1.2', type, value }] }
    const sending = openHandler('snmptrap', options, { snmptrap }).send(collected())
    await t.rejects(sending, { failure: 'refused', message }, `${type} ${value}`)
  }
  await t.rejects(openHandler('snmptrap', { 'trap-oid': '1.1' }).send(collected()), {
    message: 'service is not enabled'
  })
  const toNowhere = { snmptrap: { enabled: true, addr: 'no.such.host.invalid:162' } }
  await t.rejects(openHandler('snmptrap', { 'trap-oid': '1.1' }, toNowhere).send(collected()), {
    failure: 'failed',
    message: /^failed to send SNMP trap: getaddrinfo/
  })
})

t.test('numbers take as few bytes as BER allows, and wrap around as in Kapacitor', async (t) => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.teardown(() => socket.close())
  const cases: readonly [type: string, value: string, bytes: string][] = [
    ['c', '0', '460100'],
    ['c', '7', '460107'],
    ['c', '127', '46017f'],
    ['c', '128', '46020080'],
    ['c', '300', '4602012c'],
    ['c', '9223372036854775807', '46087fffffffffffffff'],
    ['c', '9223372036854775808', '4609008000000000000000'],
    ['c', '-1', '460900ffffffffffffffff'],
    ['i', '3000000000', '0204b2d05e00'],
    ['t', '-1', '430500ffffffff']
  ]
  for (const [type, value, bytes] of cases) {
    const sent = new Promise<Buffer>((resolve) => socket.once('message', resolve))
    const options = { 'trap-oid': '1.3', 'data-list': [{ oid: '1.3.1', type, value }] }
    const snmptrap = { enabled: true, addr: `127.0.0.1:${socket.address().port}` }
    await openHandler('snmptrap', options, { snmptrap }).send(collected())
    t.ok((await sent).toString('hex').endsWith(bytes), `${type} ${value}`)
  }
})
