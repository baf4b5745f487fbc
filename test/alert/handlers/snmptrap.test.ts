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
      ['1.3.6.1.4.1.1.1', 70, Buffer.alloc(8, 0xff)],
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
    ...['a', 'd', 'o', 'u', 'x'].map((type) => [type, '1', `Snmptrap Datatype '${type}' not supported`] as const),
    ['c', '-1', /^"-1" is no number/],
    ['c', '18446744073709551616', /is no number/],
    ['i', '2147483648', /is no number/],
    ['i', '1.5', /is no number/],
    ['t', '{{ .ID }}', /^"id" is no number/]
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
