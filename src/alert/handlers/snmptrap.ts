import * as field from '../../core/fields.ts'
import type { Varbind } from 'net-snmp'
import { messageOf } from '../../core/errors.ts'
import { quote } from '../../core/print.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { splitAddress } from './tcp-client.ts'
import { eventTemplate } from './templates.ts'
import { serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const DATA_TYPES = 'cinst'

interface DataEntry {
  readonly oid: string
  readonly type: string
  readonly value: string
}

/** The value of sysUpTime, which Kapacitor always sends. */
const UP_TIME = 1000

export default defineHandler({
  kind: 'snmptrap',
  title: 'SNMP handler',
  goType: '*snmptrap.HandlerConfig',
  script: {
    name: 'snmpTrap',
    hostType: 'SNMPTrapHandler',
    summary: 'Sends an SNMP v2c trap.',
    args: { trapOid: t.string('OID of the trap.') },
    properties: {
      trapOid: t.string('OID of the trap, instead of the argument.'),
      data: t
        .call('Adds a variable to the trap.', {
          oid: t.string('OID.'),
          type: t.string('`c` counter, `i` integer, `n` null, `s` string or `t` time ticks.'),
          value: t.string('Template of the value.')
        })
        .all()
    },
    validate({ trapOid, data }) {
      const context = `invalid SNMP trap ${quote(String(trapOid))}`
      if (trapOid === '') return `${context}: you must supply a trap Oid`
      const odd = ((data ?? []) as DataEntry[]).find(({ type }) => type.length !== 1 || !DATA_TYPES.includes(type))
      if (odd === undefined) return undefined
      return `${context}: unsupported data type ${quote(odd.type)} for data entry ${quote(odd.oid)}`
    }
  },
  section: field.section(
    'SNMP traps.',
    {
      enabled: sections.enabled,
      addr: field.target('Receiver of the traps, as host:port.', 'localhost:162'),
      community: field.secret('SNMP community.', 'kapacitor'),
      retries: field.int('Further attempts at sending a trap.', 1)
    },
    ({ enabled, addr }) => sections.missing(enabled && addr === '', 'must specify addr')
  ),
  options: {
    'trap-oid': option.string,
    'data-list': option.list({ oid: option.string, type: option.string, value: option.string })
  },
  fromScript: ({ data }) => ({ 'data-list': data }),
  open(options, deps) {
    const data = options['data-list'].map(({ oid, type, value }) => ({
      oid,
      type,
      value: eventTemplate('data', value)
    }))
    return {
      async send(topicEvent) {
        const service = serviceOf(deps, 'snmptrap')
        const { host, port } = splitAddress(service.text('addr'))
        await sendTrap({
          host: await deps.guard.resolve(host),
          port,
          community: service.text('community'),
          trapOid: options['trap-oid'],
          data: data.map(({ oid, type, value }) => ({ oid, type, value: value(topicEvent) }))
        })
      }
    }
  },
  test: serviceTest({
    options: () => ({
      'trap-oid': '1.1.1.1',
      'data-list': [{ oid: '1.1.1.1.2', type: 's', value: 'test snmptrap message' }]
    }),
    delivery: (options) => ({ options })
  })
})

interface Trap {
  readonly host: string
  readonly port: number
  readonly community: string
  readonly trapOid: string
  readonly data: readonly DataEntry[]
}

/** Resolves when the trap is on its way: nobody answers a trap. */
async function sendTrap({ host, port, community, trapOid, data }: Trap): Promise<void> {
  const variables = data.map(variableOf)
  // Loaded when it is needed: threads that only read scripts read this file too.
  const { createSession, Version2c } = await import('net-snmp')
  const session = createSession(host, community, { version: Version2c, trapPort: port })
  try {
    await new Promise<void>((resolve, reject) => {
      const end = (error: Error | null) => (error === null ? resolve() : reject(error))
      session.on('error', end)
      session.trap(trapOid, variables, { upTime: UP_TIME }, end)
    })
  } catch (error) {
    throw new DeliveryError('failed', `failed to send SNMP trap: ${messageOf(error)}`, { cause: error })
  } finally {
    session.close()
  }
}

// Numbers of the types in ASN.1, which are also the library's.
const INTEGER = 2
const OCTET_STRING = 4
const NULL = 5
const TIME_TICKS = 67
const COUNTER_64 = 70

function variableOf({ oid, type, value }: DataEntry): Varbind {
  switch (type) {
    case 'c':
      return { oid, type: COUNTER_64, value: counterBytes(BigInt.asUintN(64, integerOf(value))) }
    case 'i':
      return { oid, type: INTEGER, value: Number(BigInt.asIntN(32, integerOf(value))) }
    case 'n':
      return { oid, type: NULL, value: null }
    case 's':
      return { oid, type: OCTET_STRING, value }
    case 't':
      return { oid, type: TIME_TICKS, value: Number(BigInt.asUintN(32, integerOf(value))) }
    default:
      throw new DeliveryError(
        'refused',
        Object.hasOwn(UNSUPPORTED, type)
          ? `Snmptrap Datatype '${UNSUPPORTED[type]}' not supported`
          : `Snmptrap Datatype not known: ${type}`
      )
  }
}

/** Types that Kapacitor knows by name, but does not send. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  a: 'IP address',
  d: 'Decimal string',
  o: 'Object ID',
  u: 'Unsigned integer',
  x: 'Hexadecimal string'
}

/** The shortest bytes of an unsigned integer in BER: without leading zeros, but for one where the first bit is set. */
function counterBytes(counter: bigint): Buffer {
  const hex = counter.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

/** An int64, or an unsigned one; what is too large for the type of the variable wraps around, as in Kapacitor. */
function integerOf(text: string): bigint {
  const value = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : undefined
  if (value !== undefined && (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value)) return value
  throw new DeliveryError('refused', `${JSON.stringify(text)} is no integer of 64 bits`)
}
