import t from 'tap'
import { TopicEvent } from '../../src/alert/handlers/topic-event.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import type { Alert } from '../../src/notify/alert.ts'
import { alertJson, parseAlert } from '../../src/notify/alert-json.ts'
import { alertOfRecord, alertRecord } from '../../src/notify/alert-record.ts'
import { alertOfEvent, commonEvent, eventOfAlert } from '../../src/notify/event-alert.ts'
import { textOf } from '../../src/notify/transports/template.ts'
import { event } from '../alert/support.ts'
import { alert as posted } from './support.ts'

const BIG = 9_007_199_254_740_993n

const WHOLE: Partial<AlertEvent> = {
  ...{ message: 'one\ntwo', details: '<b>two</b>', level: 1, recoverable: false, category: 'db', group: 'host=a' },
  ...{ durationNs: BIG, tags: { host: 'a', cpu: '0' } },
  fields: {
    int: { type: 'int', value: 7 },
    big: { type: 'int', value: BIG },
    float: { type: 'float', value: 1 },
    none: { type: 'float', value: NaN },
    text: { type: 'string', value: 'x' },
    flag: { type: 'boolean', value: true },
    span: { type: 'duration', value: BIG }
  }
}

function collected(change: Partial<AlertEvent> = {}): TopicEvent {
  return new TopicEvent(event({ ...WHOLE, ...change }), 't', 2, ['s', 't'])
}

/** The alert with other members of Info, as a filter in JavaScript gives it back. */
function withInfo(alert: Alert, change: Alert['info']): Alert {
  return { ...alert, info: JSON.parse(JSON.stringify({ ...alert.info, ...change })) as Alert['info'] }
}

function withField(alert: Alert, name: string, value: unknown): Alert {
  return withInfo(alert, { fields: { ...(alert.info.fields as object), [name]: value } })
}

t.test('an event that no filter changed leaves as it came, also after a restart', (t) => {
  const source = collected()
  const alert = alertOfEvent(source)
  for (const one of [alert, withInfo(alert, {}), alertOfRecord(alertRecord(alert))]) {
    const { event, topic, previousLevel, path } = eventOfAlert(one)
    t.strictSame(event, { ...source.event, topics: [] })
    t.strictSame([topic, previousLevel, path], ['t', 2, ['s', 't']])
  }
  t.end()
})

t.test('filters see group, category and what cannot recover, and numbers as JavaScript has them', (t) => {
  t.strictSame(alertOfEvent(collected()).info, {
    ...{ id: 'id', topic: 't', level: 'INFO', duration: Number(BIG), group: 'host=a', category: 'db' },
    ...{ recoverable: false, tags: { host: 'a', cpu: '0' } },
    fields: { int: 7, big: Number(BIG), float: 1, none: null, text: 'x', flag: true, span: Number(BIG) }
  })
  t.end()
})

t.test('a field that a filter changed is the only one that leaves otherwise, and keeps its type where it can', (t) => {
  const alert = alertOfEvent(collected())
  const cases: readonly [name: string, value: unknown, field: AlertEvent['fields'][string] | undefined][] = [
    ['int', 8, { type: 'int', value: 8 }],
    ['int', 8.5, { type: 'float', value: 8.5 }],
    ['int', 'eight', { type: 'string', value: 'eight' }],
    ['int', 1e300, { type: 'float', value: 1e300 }],
    ['big', 2 ** 60, { type: 'int', value: 2n ** 60n }],
    ['float', 2, { type: 'float', value: 2 }],
    ['span', 5e9, { type: 'duration', value: 5_000_000_000n }],
    ['flag', false, { type: 'boolean', value: false }],
    ['more', 3, { type: 'float', value: 3 }],
    ['valueOf', 3, { type: 'float', value: 3 }],
    ['text', undefined, undefined]
  ]
  for (const [name, value, field] of cases) {
    const { [name]: _, ...others } = collected().event.fields
    const { fields } = eventOfAlert(withField(alert, name, value)).event
    t.strictSame(fields, { ...others, ...(field !== undefined && { [name]: field }) }, `${name}=${String(value)}`)
  }
  t.end()
})

t.test('what else a filter changed is laid over the event', (t) => {
  const alert = alertOfEvent(collected())
  const cases: readonly [change: Alert, expected: Partial<AlertEvent>][] = [
    [
      { ...alert, title: 'new' },
      { message: 'new', details: 'one\ntwo' }
    ],
    [
      { ...alert, message: 'new' },
      { message: 'one', details: 'new' }
    ],
    [{ ...alert, from: 'someone' }, { taskName: 'someone' }],
    [{ ...alert, host: 'b' }, { tags: { host: 'b', cpu: '0' } }],
    [{ ...alert, host: '' }, { tags: { cpu: '0' } }],
    [{ ...alert, date: '2017-07-14T02:40:01+09:00' }, { timeNs: 1_499_967_601_000_000_000n }],
    [withInfo(alert, { tags: { host: 'c' } }), { tags: { host: 'c' } }],
    [withInfo(alert, { level: 'CRITICAL' }), { level: 3 }],
    [withInfo(alert, { recoverable: true }), { recoverable: true }],
    [withInfo(alert, { category: 'net' }), { category: 'net' }],
    [withInfo(alert, { group: undefined }), { group: '' }],
    [withInfo(alert, { id: 'other' }), { id: 'other' }],
    [withInfo(alert, { duration: 5 }), { durationNs: 5n }]
  ]
  for (const [changed, expected] of cases) {
    t.strictSame(eventOfAlert(changed).event, { ...collected().event, topics: [], ...expected })
  }
  const plain = alertOfEvent(collected({ message: 'one' }))
  t.match(eventOfAlert({ ...plain, title: 'new' }).event, { message: 'new', details: '<b>two</b>' })
  t.end()
})

t.test('an alert that came from no topic is a critical event with its title as id', (t) => {
  const alert = posted({ title: 'full', message: 'disk', host: 'h', info: { fields: { n: 1 }, tags: { a: 'b' } } })
  const { event, topic, path } = eventOfAlert(alert)
  t.match(event, { id: 'full', message: 'full', details: 'disk', level: 3, recoverable: true, taskName: 'mon' })
  t.strictSame(event.tags, { host: 'h', a: 'b' })
  t.strictSame(event.fields, { n: { type: 'float', value: 1 } })
  t.strictSame([event.dataJson, topic, path], [alertJson(alert), 'routes', []])
  t.end()
})

t.test('a merged alert keeps what is equal in all of its events, and the highest level', (t) => {
  const other = { id: 'other', level: 2, group: 'host=b', tags: { host: 'b', cpu: '0' } } as const
  const fields = { ...WHOLE.fields, int: { type: 'int', value: 8 }, float: { type: 'int', value: 1 } } as const
  const members = [alertOfEvent(collected()), alertOfEvent(collected({ ...other, fields }))]
  const { source, info } = commonEvent(members)!
  const { int: _int, float: _float, ...common } = collected().event.fields
  t.match(source, { topic: 't', previousLevel: 2, path: ['s', 't'] })
  t.match(source?.event, { id: '', level: 2, group: '', category: 'db', recoverable: false, durationNs: BIG })
  t.strictSame([source?.event.tags, source?.event.fields], [{ cpu: '0' }, common])
  t.strictSame(Object.keys(info).sort(), ['category', 'duration', 'fields', 'level', 'recoverable', 'tags', 'topic'])
  const merged = { ...posted({ title: 'all' }), info, source: source!, sub: members }
  const { event } = eventOfAlert(merged)
  t.match(event, { id: 'all', message: 'all', level: 2, category: 'db', fields: { big: { type: 'int', value: BIG } } })
  t.equal(commonEvent([...members, posted()]), undefined, 'not with one that came from no topic')
  t.end()
})

t.test('an alert that was stored by a version that kept no event can be read', (t) => {
  const alert = posted({ info: { id: 'x', level: 'WARNING' } })
  t.strictSame(alertOfRecord(JSON.stringify(alert)), alert)
  t.match(eventOfAlert(alertOfRecord(JSON.stringify(alert))).event, { id: 'x', level: 2 })
  t.end()
})

t.test('an int that is no safe number is printed exactly where an alert is printed', (t) => {
  const alert = alertOfEvent(collected())
  const json = alertJson(alert)
  t.match(json, /"big":9007199254740993,/)
  t.match(json, /"span":9007199254740993,/)
  t.strictSame(parseAlert(json).info, alert.info, 'and read as the number that filters see')
  t.match(alertJson(withField(alert, 'big', 5)), /"big":5,/)
  t.equal(textOf({ big: BIG, list: [1, 'a', null] }), '{"big":9007199254740993,"list":[1,"a",null]}')
  t.end()
})
