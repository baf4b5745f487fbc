import { type HandlerSpec, t } from '../../graph/spec.ts'

const DATA_TYPES = 'acdinostux'

export const script: HandlerSpec = {
  name: 'snmpTrap',
  kind: 'snmptrap',
  hostType: 'SNMPTrapHandler',
  summary: 'Sends an SNMP v2c trap.',
  args: { trapOid: t.string('OID of the trap.') },
  properties: {
    data: t
      .call('Adds a variable to the trap.', {
        oid: t.string('OID.'),
        type: t.string('`c` counter, `i` integer, `n` null, `s` string or `t` time ticks.'),
        value: t.string('Template of the value.')
      })
      .all()
  },
  validate({ trapOid, data }) {
    if (trapOid === '') return 'you must supply a trap Oid'
    for (const { oid, type } of (data ?? []) as { oid: string; type: string }[]) {
      if (type.length !== 1 || !DATA_TYPES.includes(type))
        return `unsupported data type "${type}" for data entry "${oid}"`
    }
    return undefined
  }
}
