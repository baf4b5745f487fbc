import t from 'tap'
import alert from '../../src/nodes/alert.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import { check, Harness } from '../support/check.ts'
import { FakePorts } from '../support/ports.ts'
import { feed, lambda } from './drive.ts'
import { Rig, type RigOptions } from './rig.ts'

interface Told {
  /** Properties of the alert node. */
  readonly alert: string
  readonly from?: string
  /** Values of field `v` at 1 s, 2 s, …, or lines. */
  readonly input: readonly (number | string)[]
  /** `LEVEL@SECONDS+DURATION`. */
  readonly events: string
}

const PICK: Record<string, Told> = {
  'the highest level that holds is the one': {
    alert: `.info(lambda: "v" > 1).warn(lambda: "v" > 2).crit(lambda: "v" > 3)`,
    input: [1, 4, 3, 2, 1, 3],
    events: 'CRITICAL@2+0 WARNING@3+1 INFO@4+2 OK@5+3 WARNING@6+0'
  },
  'a level with a reset is only left for a lower one when the reset holds': {
    alert:
      `.info(lambda: "v" > 60).infoReset(lambda: "v" < 50).warn(lambda: "v" > 70).warnReset(lambda: "v" < 60)` +
      `.crit(lambda: "v" > 80).critReset(lambda: "v" < 70)`,
    input: [61, 73, 64, 85, 62, 56, 47],
    events: 'INFO@1+0 WARNING@2+1 WARNING@3+2 CRITICAL@4+3 INFO@5+4 INFO@6+5 OK@7+6'
  },
  'a reset without its level means nothing': {
    alert: `.warn(lambda: "v" > 2).critReset(lambda: "v" < 0)`,
    input: [3, 1],
    events: 'WARNING@1+0 OK@2+1'
  },
  'every point that is not OK raises an event, an OK only where it is news': {
    alert: '.crit(lambda: "v" > 5)',
    input: [1, 6, 7, 1, 1, 6],
    events: 'CRITICAL@2+0 CRITICAL@3+1 OK@4+2 CRITICAL@6+0'
  },
  'stateChangesOnly tells of changes': {
    alert: '.crit(lambda: "v" > 5).stateChangesOnly()',
    input: [1, 6, 7, 8, 2, 1, 9],
    events: 'CRITICAL@2+0 OK@5+3 CRITICAL@7+0'
  },
  'stateChangesOnly with a duration repeats what has lasted that long': {
    alert: '.crit(lambda: "v" > 5).stateChangesOnly(2s)',
    input: [1, 6, 7, 8, 9, 2, 1, 9],
    events: 'CRITICAL@2+0 CRITICAL@4+2 OK@6+4 CRITICAL@8+0'
  },
  'noRecoveries tells of no OK, which ends the duration all the same': {
    alert: '.crit(lambda: "v" > 5).noRecoveries()',
    input: [6, 7, 1, 6, 7],
    events: 'CRITICAL@1+0 CRITICAL@2+1 CRITICAL@4+0 CRITICAL@5+1'
  },
  'nothing is told while the level flaps': {
    alert: '.crit(lambda: "v" > 5).flapping(0.25, 0.5).history(5)',
    input: [1, 6, 1, 6, 1, 6, 1, 6, 6, 6, 6, 6, 6, 1, 1, 1],
    events: 'CRITICAL@2+0 OK@3+1 CRITICAL@12+10 CRITICAL@13+11 OK@14+12'
  },
  'groups have levels of their own, while functions count for all of them': {
    alert: '.crit(lambda: "v" > 5 AND count() > 1).stateChangesOnly()',
    from: `.groupBy('h')`,
    input: ['m,h=a v=6 1s', 'm,h=b v=6 2s', 'm,h=a v=7 3s', 'm,h=b v=1 4s'],
    events: 'CRITICAL@2+0 CRITICAL@3+0 OK@4+2'
  },
  'a failing level does not hold, the others are looked at': {
    alert: '.info(lambda: "v" > 10.0).warn(lambda: "w" > 1.0)',
    input: ['m v=11 1s', 'm v=11,w=2 2s', 'm w=2 3s', 'm v="text" 4s'],
    events: 'INFO@1+0 WARNING@2+1 WARNING@3+2 OK@4+3'
  },
  'a failing reset does not hold the level': {
    alert: '.crit(lambda: "v" > 5).critReset(lambda: "w" > 1)',
    input: [6, 1],
    events: 'CRITICAL@1+0 OK@2+1'
  }
}

const LEVEL_NAMES = ['OK', 'INFO', 'WARNING', 'CRITICAL']

function told(events: readonly AlertEvent[]): string {
  return events
    .map(({ level, timeNs, durationNs }) => `${LEVEL_NAMES[level]}@${timeNs / 10n ** 9n}+${durationNs / 10n ** 9n}`)
    .join(' ')
}

function lines(input: readonly (number | string)[]): string {
  return input.map((one, i) => (typeof one === 'number' ? `m v=${one} ${i + 1}s` : one)).join('\n')
}

for (const [sentence, { alert, from = '', input, events }] of Object.entries(PICK)) {
  t.test(sentence, async (t) => {
    const harness = new Harness(`stream|from()${from}|alert()${alert}.topic('t')`).write(lines(input)).finish()
    t.equal(told(harness.ports.events), events)
  })
}

t.test('an event says what happened, and to whom', async (t) => {
  const script = `stream|from().groupBy('host')|alert().crit(lambda: "v" > 1).category('c')
    .details('{{ .Message }}! {{ index .Fields "s" }} {{ .Tags.dc }} {{ json .Tags }}').topic('named').log('/dev/null')`
  const { ports } = new Harness(script).write('cpu,host=a,dc=x v=2i,s="<" 90s').finish()
  t.strictSame(ports.events, [
    {
      topics: ['main:task:alert2', 'named'],
      id: 'cpu:host=a',
      message: 'cpu:host=a is CRITICAL',
      details: 'cpu:host=a is CRITICAL! &lt; x {&#34;dc&#34;:&#34;x&#34;,&#34;host&#34;:&#34;a&#34;}\n',
      timeNs: 90n * 10n ** 9n,
      durationNs: 0n,
      level: 3,
      recoverable: true,
      dataJson:
        '{"series":[{"name":"cpu","tags":{"dc":"x","host":"a"},"columns":["time","s","v"],' +
        '"values":[["1970-01-01T00:01:30Z","\\u003c",2]]}]}',
      taskName: 'task',
      name: 'cpu',
      group: 'host=a',
      category: 'c',
      tags: { dc: 'x', host: 'a' },
      fields: { v: { type: 'int', value: 2 }, s: { type: 'string', value: '<' } }
    }
  ])
})

t.test('templates see the point, the task and the server', async (t) => {
  const script = `stream|from()|alert().crit(lambda: TRUE)
    .id('{{ .TaskName }}/{{ .Name }}/{{ .Group }}/{{ .ServerInfo.Hostname }}/{{ index .Tags "no" }}')
    .message('{{ .ID }} {{ .Level }} {{ .Time.Unix }} {{ .Duration }} {{ printf "%.1f" .Fields.v }} {{ .Fields.n }}').topic('t')`
  const { ports } = new Harness(script).write('m v=2,n=3i 1s\nm v=3 61s').finish()
  t.strictSame(
    ports.events.map(({ message }) => message),
    ['task/m/nil/test-host/ CRITICAL 1 0s 2.0 3', 'task/m/nil/test-host/ CRITICAL 61 1m0s 3.0 <no value>']
  )
})

t.test('a template that fails on its data costs no event: the default text goes out', async (t) => {
  const script = `stream|from()|alert().id('{{ .Nope }}').message('{{ .ID.x }}').details('{{ .Nope }}')
    .crit(lambda: "v" > 1).topic('t')`
  const { ports } = new Harness(script).write('m v=2 1s').finish()
  t.strictSame(
    ports.events.map(({ id, message, details }) => [id, message, details]),
    [['m:nil', 'm:nil is CRITICAL', '']]
  )
  t.match(
    ports.pointErrors[0],
    /^template: id:1:3: executing "id" at <\.Nope>: can't evaluate field Nope in type kapacitor\.idInfo/
  )
})

t.test('a template that takes too many steps costs no event and no time: the default text goes out', async (t) => {
  const hostile = '{{ range $.Fields }}'.repeat(9) + '{{ end }}'.repeat(9)
  const script = `stream|from()|alert().message('${hostile}').details('${hostile}').crit(lambda: "v0" > 1).topic('t')`
  const fields = Array.from({ length: 50 }, (_, index) => `v${index}=2`).join(',')
  const lines = Array.from({ length: 300 }, (_, index) => `m ${fields} ${index + 1}s`)
  const { ports } = new Harness(script).write(lines.join('\n')).finish()
  t.equal(ports.events.length, 300)
  for (const { message, details } of ports.events) t.strictSame([message, details], ['m:nil is CRITICAL', ''])
  t.match(ports.pointErrors[0], /^template: message: rendering takes more than 1000000 steps: /)
  t.match(ports.pointErrors.at(-1), /^template: details: rendering takes more than 10000 steps, /)
})

t.test('what cannot work refuses the start', async (t) => {
  const refusals: Record<string, string> = {
    [`.flapping(0.1, 1.5)`]: 'alert flap thresholds are percentages and should be between 0 and 1',
    [`.history(10001)`]: 'alert history must not be longer than 10000',
    [`.message('{{ .ID')`]: 'template: message:1: unclosed action',
    [`.warn(lambda: 'a' - 'b')`]:
      'Failed to compile stateful expression for warn: invalid math operator - for type string',
    [`.crit(lambda: TRUE).critReset(lambda: 1 + 'b')`]:
      'Failed to compile stateful expression for critReset: mismatched type to binary operator. got int + string. ' +
      'see bool(), int(), float(), string(), duration()'
  }
  for (const [properties, message] of Object.entries(refusals)) {
    t.throws(() => new Harness(`stream|from()|alert()${properties}`), { message }, properties)
  }
})

t.test('only what raised an event passes, with what was asked for', async (t) => {
  check(
    {
      script: `stream|from().groupBy('host')|alert().id('i').crit(lambda: "v" > 5).levelTag('lt').idTag('it')
        .levelField('lf').idField('if').messageField('mf').durationField('df')|log()`,
      input: 'm,host=a v=1 1s\nm,host=a v=6 2s\nm,host=a v=2 4s\nm,host=a v=1 5s',
      output: [
        'm,host=a,it=i,lt=CRITICAL df=0i,if="i",lf="CRITICAL",mf="i is CRITICAL",v=6 2s',
        'm,host=a,it=i,lt=OK df=2000000000i,if="i",lf="OK",mf="i is OK",v=2 4s'
      ]
    },
    t
  )
})

t.test('statistics count events by level', async (t) => {
  const harness = new Harness(`stream|from()|alert().info(lambda: "v" > 1).crit(lambda: "v" > 2)`)
  harness.write(lines([2, 3, 3, 1])).finish()
  const { oks_triggered, infos_triggered, warns_triggered, crits_triggered, alerts_triggered, alerts_inhibited } =
    harness.stats('alert2')!
  t.strictSame(
    { oks_triggered, infos_triggered, warns_triggered, crits_triggered, alerts_triggered, alerts_inhibited },
    {
      oks_triggered: 1,
      infos_triggered: 1,
      warns_triggered: 0,
      crits_triggered: 2,
      alerts_triggered: 4,
      alerts_inhibited: 0
    }
  )
  t.equal(harness.ports.events.length, 0, 'nobody wants to know')
})

t.test('a failing level counts as an error each time that it is looked at', async (t) => {
  const harness = new Harness(`stream|from()|alert().crit(lambda: "c" > 1)`)
  harness.write('m c=2 1s\nm x=1 2s').finish()
  t.equal(harness.stats('alert2')!['errors'], 2)
})

t.test('an alert that is not OK holds back a category with its values, and its data passes nonetheless', async (t) => {
  const script = `var data = stream|from().groupBy('host', 'app')
    data|alert().id('app').category('app').crit(lambda: "v" > 5).topic('t')|log()
    data|alert().id('sys {{ .Group }}').inhibit('app', 'host').crit(lambda: "s" > 5).topic('t')`
  const { ports, output, graph } = new Harness(script).write(`
    m,app=x,host=a v=1,s=6 1s
    m,app=x,host=a v=6,s=6 2s
    m,app=x,host=b v=6,s=1 3s
    m,app=x,host=a v=6,s=1 4s
    m,app=x,host=a v=6,s=1 5s`)
  t.equal(told(ports.events.filter(({ id }) => id === 'app')), 'CRITICAL@3+0 CRITICAL@4+2 CRITICAL@5+3')
  t.equal(output.filter((line) => line.includes('v=6')).length, 4 + 2)
  t.match(graph.stats().nodes['alert2'], { alerts_inhibited: 1, alerts_triggered: 3 })
})

const ANONYMOUS = 'main:task:alert2'
const restored: Record<string, { states: [string, number, number][]; events: string; copies?: string[] }> = {
  'a level that a topic holds goes on, with its time': {
    states: [['t m:nil', 3, 5]],
    events: 'OK@10+5',
    copies: [`t > ${ANONYMOUS}: m:nil`]
  },
  'the anonymous topic comes before the named one': {
    states: [
      ['t m:nil', 3, 5],
      [`${ANONYMOUS} m:nil`, 2, 7]
    ],
    events: 'OK@10+3',
    copies: [`${ANONYMOUS} > t: m:nil`]
  },
  'an OK of the anonymous topic is an answer': {
    states: [
      ['t m:nil', 3, 5],
      [`${ANONYMOUS} m:nil`, 0, 7]
    ],
    events: '',
    copies: [`${ANONYMOUS} > t: m:nil`]
  },
  'topics whose levels are alike keep what they hold': {
    states: [
      ['t m:nil', 2, 5],
      [`${ANONYMOUS} m:nil`, 2, 7]
    ],
    events: 'OK@10+3'
  },
  'a named topic does not get the state that only the anonymous one holds': {
    states: [[`${ANONYMOUS} m:nil`, 2, 7]],
    events: 'OK@10+3'
  },
  'an anonymous topic does not get an OK that only the named one holds': { states: [['t m:nil', 0, 5]], events: '' },
  'the state of another id is none of its business': { states: [['t m:host=a', 3, 5]], events: '' }
}

for (const [sentence, { states, events, copies = [] }] of Object.entries(restored)) {
  t.test(sentence, async (t) => {
    const ports = new FakePorts()
    ports.hold(
      [ANONYMOUS, 't'],
      states.map(([key, level, seconds]) => {
        const [topic = '', eventId = ''] = key.split(' ')
        return { topic, eventId, level: level as 0, timeNs: BigInt(seconds) * 10n ** 9n }
      })
    )
    new Harness(`stream|from()|alert().crit(lambda: "v" > 5).topic('t').log('/x')`, ports).write('m v=1 10s').finish()
    t.equal(told(ports.events), events)
    t.strictSame(ports.copies, copies)
  })
}

t.test(
  'a group goes on from the level of the id that its first point has, whichever group brought it there',
  async (t) => {
    const script = `stream|from().groupBy('side')|alert().id('{{ index .Tags "zone" }}').crit(lambda: "open" > 5).topic('t')`
    const { ports } = new Harness(script)
      .write('door,zone=z1,side=l open=9i 1s\ndoor,zone=z1,side=r open=1i 8s')
      .finish()
    t.equal(told(ports.events), 'CRITICAL@1+0 OK@8+7')
    t.strictSame(
      ports.events.map(({ id, group }) => [id, group]),
      [
        ['z1', 'side=l'],
        ['z1', 'side=r']
      ]
    )
  }
)

function rigOf(options: Record<string, unknown>, settings: RigOptions = {}): Rig {
  return new Rig(alert, { ...settings, options: { crit: lambda('"v" > 5'), topic: 't', ...options } })
}

const batches: Record<string, { options: Record<string, unknown>; input: string[]; events: string; output: string[] }> =
  {
    'a batch has the highest level of its points, and the time of the first that has it': {
      options: { warn: lambda('"v" > 3') },
      input: ['BATCH m 5s v=4 1s; v=6 2s; v=7 3s', 'BATCH m 10s v=4 6s; v=5 7s', 'BATCH m 15s', 'BATCH m 20s v=1 16s'],
      events: 'CRITICAL@2+0 WARNING@6+4 OK@20+18',
      output: ['m tmax=5s [v=4 1s; v=6 2s; v=7 3s]', 'm tmax=10s [v=4 6s; v=5 7s]', 'm tmax=20s [v=1 16s]']
    },
    'with all() it has the lowest, and its own time': {
      options: { warn: lambda('"v" > 3'), all: true },
      input: ['BATCH m 5s v=4 1s; v=4 2s; v=7 3s', 'BATCH m 10s v=7 6s; v=1 7s'],
      events: 'WARNING@5+0 OK@10+5',
      output: ['m tmax=5s [v=4 1s; v=4 2s; v=7 3s]', 'm tmax=10s [v=7 6s; v=1 7s]']
    },
    'its tags become dimensions': {
      options: { levelTag: 'lt', durationField: 'df' },
      input: ['BATCH m,host=a 5s v=6 1s', 'BATCH m,host=a 10s v=1 6s'],
      events: 'CRITICAL@1+0 OK@10+9',
      output: ['m,host=a,lt=CRITICAL tmax=5s [df=0i,v=6 1s]', 'm,host=a,lt=OK tmax=10s [df=9000000000i,v=1 6s]']
    },
    'its recovery does not mind flapping': {
      options: { flapping: { low: 0.01, high: 0.02 } },
      input: ['BATCH m 5s v=6 1s', 'BATCH m 10s v=1 6s', 'BATCH m 15s v=6 11s'],
      events: 'OK@10+9223372036',
      output: ['m tmax=10s [v=1 6s]']
    }
  }

t.test('batch: a group goes on from the level of an id that it shares with another group', async (t) => {
  const rig = rigOf({ id: '{{ .Name }}' }, { edge: 'batch', groupBy: ['host'] })
  feed(rig, 'BATCH m,host=a 5s v=6 1s')
  feed(rig, 'BATCH m,host=b 10s v=1 6s')
  t.equal(told(rig.ports.events), 'CRITICAL@1+0 OK@10+9')
})

for (const [sentence, { options, input, events, output }] of Object.entries(batches)) {
  t.test(`batch: ${sentence}`, async (t) => {
    const rig = rigOf(options, { edge: 'batch', groupBy: input[0]!.includes('host') ? ['host'] : [] })
    for (const message of input) feed(rig, message)
    t.equal(told(rig.ports.events), events)
    t.strictSame(rig.out, output)
  })
}

t.test('a barrier makes no group; a deleted group and a stopped node hold nothing back', async (t) => {
  const rig = rigOf({ inhibit: [{ category: 'c', tags: ['host'] }] }, { groupBy: ['host'] })
  const { alerts } = rig.ports
  rig.barrier('m,host=a', '1s')
  t.equal(rig.node.cardinality, 0)
  rig.point('m,host=a v=6 2s').point('m,host=b v=6 2s')
  t.equal(alerts.isInhibited('c', { host: 'a' }), true)
  rig.delete('m,host=a')
  t.equal(alerts.isInhibited('c', { host: 'a' }), false)
  t.equal(alerts.isInhibited('c', { host: 'b' }), true)
  rig.node.stop()
  t.equal(alerts.isInhibited('c', { host: 'b' }), false)
  t.strictSame(rig.out, ['barrier host=a 1s', 'm,host=a v=6 2s', 'm,host=b v=6 2s', 'delete host=a'])
})

t.test('the configuration can give every node handlers and let it tell of changes only', async (t) => {
  const ports = Object.assign(new FakePorts())
  Object.assign(ports.alerts, { globals: { kinds: ['slack', 'log'], stateChangesOnly: true } })
  new Harness(`stream|from()|alert().crit(lambda: "v" > 5)`, ports).write(lines([6, 7, 1])).finish()
  t.equal(told(ports.events), 'CRITICAL@1+0 OK@3+2')
  t.strictSame(ports.events[0]!.topics, ['main:task:alert2'])
})
