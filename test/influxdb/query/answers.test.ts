import t from 'tap'
import { instantOfMillis } from '../../../src/core/instant.ts'
import { BatchMaker } from '../../../src/influxdb/query/batches.ts'
import { fluxBatches } from '../../../src/influxdb/query/flux-csv.ts'
import type { InfluxSeries } from '../../../src/influxdb/query/cluster.ts'
import { GroupRegistry } from '../../../src/model/group.ts'
import { formatBatch } from '../../support/text.ts'

const stop = instantOfMillis(100_000)
const T1 = '1970-01-01T00:00:01Z'
const T2 = '1970-01-01T00:00:02.5Z'

const maker = (byName = false, isGroupedByTime = false) =>
  new BatchMaker(new GroupRegistry(), { byName, isGroupedByTime })

function batches(series: readonly InfluxSeries[], isGroupedByTime = false): string[] {
  return maker(false, isGroupedByTime)
    .batchesOf({ series }, stop)
    .map((batch) => `${formatBatch(batch)}`)
}

const columns = ['time', 'v', 'n']

t.test('numbers are floats, cells without a value are left out, and rows without one too', async (t) => {
  const values = [
    [T1, 1, null],
    [T2, null, null],
    [T2, null, 'x'],
    [T2, 2.5, true]
  ]
  t.same(batches([{ name: 'm', tags: { host: 'a' }, columns, values }]), [
    'm,host=a tmax=100s [v=1 1s; n="x" 2500ms; n=true,v=2.5 2500ms]'
  ])
})

t.test('a batch ends with its range, or with its last point where that is a group of time', async (t) => {
  const values = [
    [T2, 1, 1],
    [T1, 1, 1]
  ]
  t.match(batches([{ name: 'm', columns, values }])[0]!, /tmax=100s/)
  t.match(batches([{ name: 'm', columns, values }], true)[0]!, /tmax=2500ms/)
  t.match(batches([{ name: 'm', columns, values: [[T1, null, null]] }], true)[0]!, /tmax=100s \[\]/)
})

t.test('a series without rows is an empty batch, and no series none', async (t) => {
  t.same(batches([{ name: 'm', tags: { a: '' }, columns }]), ['m,a= tmax=100s []'])
  t.same(maker().batchesOf({}, stop), [])
})

t.test('groups follow from the tags of the answer, and are the same ones for the next answer', async (t) => {
  const one = { name: 'm', tags: { b: '1', a: '' }, columns, values: [[T1, 1, 1]] }
  const groups = maker(true)
  const [first] = groups.batchesOf({ series: [one] }, stop)
  const [second] = groups.batchesOf({ series: [one] }, stop)
  t.equal(first!.group.id, 'm\na=,b=1')
  t.equal(second!.group, first!.group)
  t.equal(second!.points[0]!.series, first!.points[0]!.series)
  first!.group.isForgotten = true
  t.equal(groups.batchesOf({ series: [one] }, stop)[0]!.group.id, 'm\na=,b=1')
})

t.test('a time that is none is an error', async (t) => {
  const of = (time: unknown) => () => batches([{ name: 'm', columns, values: [[time, 1, 1]] }])
  t.throws(of(1234), { message: 'unexpected time value: 1234' })
  t.throws(of('soon'), { message: 'unexpected time value: soon' })
})

const HEAD = `#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string
#group,false,false,true,true,false,false,true,true,true
#default,_result,,,,,,,,
,result,table,_start,_stop,_time,_value,_field,_measurement,host
`
const row = (table: number, time: string, value: string, host: string): string =>
  `,,${table},1970-01-01T00:00:00Z,1970-01-01T00:01:40Z,${time},${value},usage,cpu,${host}\n`

const FLUX: Readonly<Record<string, readonly [csv: string, batches: readonly string[]]>> = {
  'a table is a batch, the columns of its group are tags': [
    HEAD + row(0, T1, '1.5', 'a') + row(0, T2, '2', 'a') + row(1, T1, '3', '"b ""c"", d"'),
    [
      'cpu,_field=usage,host=a tmax=2500ms [_value=1.5 1s; _value=2 2500ms]',
      'cpu,_field=usage,host=b "c", d tmax=1s [_value=3 1s]'
    ]
  ],
  'a new block begins a new batch, with or without a line between': [
    `${HEAD}${row(0, T1, '1', 'a')}\r\n${HEAD}${row(0, T1, '2', 'a')}${HEAD}${row(0, T1, '3', 'a')}`,
    [1, 2, 3].map((value) => `cpu,_field=usage,host=a tmax=1s [_value=${value} 1s]`)
  ],
  'every type has its own': [
    `#datatype,string,long,dateTime:RFC3339Nano,long,unsignedLong,boolean,boolean,string,duration,double
#group,false,false,false,false,false,false,false,false,false,false
#default,_result,0,,,,,,none,,
,result,table,_time,l,u,b,c,s,d,f
,,,${T1},-5,7,true,false,,1m,+Inf
,,,${T2},,,,,"two
lines",,`,
    [' tmax=2500ms [b=true,c=false,d="1m",f=Infinity,l=-5i,s="none",u=7i 1s; s="two\\nlines" 2500ms]']
  ],
  'rows without a time have that of the run': [
    '#datatype,string,long,double\n#group,false,false,false\n#default,,,\n,result,table,_value\n,,0,1\n',
    [' tmax=100s [_value=1 100s]']
  ],
  'nothing is no batch': ['\r\n', []]
}

for (const [name, [csv, wanted]] of Object.entries(FLUX)) {
  t.test(`flux: ${name}`, async (t) => {
    t.same(fluxBatches(csv, new GroupRegistry(), stop).map(formatBatch), wanted)
  })
}

const table = (type: string, value: string): string =>
  `#datatype,string,long,${type}\n#group,false,false,false\n#default,,,\n,result,table,v\n,,0,${value}\n`

const FLUX_PROBLEMS: Readonly<Record<string, string>> = {
  '#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,no such bucket,897\n':
    'flux query error: no such bucket',
  [table('date', 'x')]: 'flux column v has unknown type date',
  [table('long', 'x')]: 'flux column v has a value that is no integer: x',
  [HEAD + row(0, 'now', '1', 'a')]: 'unexpected time value: now',
  [`${HEAD}"open`]: 'flux answer is no CSV'
}

for (const [csv, message] of Object.entries(FLUX_PROBLEMS)) {
  t.test(`flux: ${message}`, async (t) => {
    t.throws(() => fluxBatches(csv, new GroupRegistry(), stop), { message })
  })
}
