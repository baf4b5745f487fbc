import t from 'tap'
import { instantOfMillis, instantOfNanos } from '../../../src/core/instant.ts'
import { QueryTemplate, type QueryTemplateOptions, readSelect } from '../../../src/influxdb/query/query-template.ts'

const SECOND = 1_000_000_000n
const RANGE = "time >= '1970-01-01T00:01:40Z' AND time < '1970-01-01T00:03:20.5Z'"

function template(text: string, options: Partial<QueryTemplateOptions> = {}): QueryTemplate {
  const read = readSelect(text)
  if (!read.ok) throw new Error(read.error)
  return new QueryTemplate(read.statement, { dimensions: [], fill: undefined, alignGroup: false, ...options })
}

const everyMinute = { kind: 'time', every: 60n * SECOND, offset: 0n } as const

const CASES: Readonly<Record<string, readonly [text: string, options: Partial<QueryTemplateOptions>, query: string]>> =
  {
    'a query gets its range': ['select v from db.rp.m', {}, `SELECT v FROM db.rp.m WHERE ${RANGE}`],
    'a condition keeps its place': [
      "SELECT v FROM m WHERE a = 'x' AND b = 1",
      {},
      `SELECT v FROM m WHERE a = 'x' AND b = 1 AND ${RANGE}`
    ],
    'a condition with OR does not get out of the range': [
      'SELECT v FROM m WHERE a = 1 OR b = 2 AND c = 3',
      {},
      `SELECT v FROM m WHERE (a = 1 OR b = 2 AND c = 3) AND ${RANGE}`
    ],
    'parentheses are not doubled': [
      'SELECT v FROM m WHERE (a = 1 OR b = 2)',
      {},
      `SELECT v FROM m WHERE (a = 1 OR b = 2) AND ${RANGE}`
    ],
    'groups are those of the node, in its order': [
      'SELECT v FROM m GROUP BY x',
      { dimensions: [{ kind: 'tag', name: 'b' }, everyMinute, { kind: 'tag', name: 'a b' }] },
      `SELECT v FROM m WHERE ${RANGE} GROUP BY b, time(1m, 0s), "a b"`
    ],
    'all tags': ['SELECT v FROM m', { dimensions: [{ kind: 'all' }] }, `SELECT v FROM m WHERE ${RANGE} GROUP BY *`],
    'a fill of the node wins': [
      'SELECT v FROM m fill(0) LIMIT 1',
      { fill: { kind: 'null' } },
      `SELECT v FROM m WHERE ${RANGE} LIMIT 1`
    ],
    'a fill of the text stays': ['SELECT v FROM m fill(0)', {}, `SELECT v FROM m WHERE ${RANGE} fill(0)`],
    'a fill with a number': [
      'SELECT v FROM m',
      { dimensions: [everyMinute], fill: { kind: 'number', value: '1.5' } },
      `SELECT v FROM m WHERE ${RANGE} GROUP BY time(1m, 0s) fill(1.5)`
    ],
    'groups of time begin with the range': [
      'SELECT v FROM m',
      { dimensions: [everyMinute], alignGroup: true },
      `SELECT v FROM m WHERE ${RANGE} GROUP BY time(1m, 40s)`
    ],
    'an offset of the script is added to that': [
      'SELECT v FROM m',
      { dimensions: [{ ...everyMinute, offset: -5n * SECOND }], alignGroup: true },
      `SELECT v FROM m WHERE ${RANGE} GROUP BY time(1m, 35s)`
    ]
  }

for (const [name, [text, options, query]] of Object.entries(CASES)) {
  t.test(`${name}: ${text}`, async (t) => {
    t.equal(template(text, options).textFor(instantOfMillis(100_000), instantOfMillis(200_500)), query)
  })
}

t.test('times are exact to the nanosecond, and may lie before 1970', async (t) => {
  const text = template('SELECT v FROM m', {
    dimensions: [{ kind: 'time', every: 60n * SECOND, offset: 0n }],
    alignGroup: true
  }).textFor(instantOfNanos(-1n), instantOfNanos(1n))
  t.equal(
    text,
    "SELECT v FROM m WHERE time >= '1969-12-31T23:59:59.999999999Z' AND time < '1970-01-01T00:00:00.000000001Z' GROUP BY time(1m, 59999999999ns)"
  )
})

t.test('it tells where it reads from', async (t) => {
  t.same(template('SELECT v FROM a.b.c, d, (SELECT v FROM m)').places, [
    { db: 'a', rp: 'b' },
    { db: '', rp: '' },
    'unknown query source *influxql.SubQuery'
  ])
  t.equal(template('SELECT v FROM m').isGroupedByTime, false)
  t.equal(template('SELECT v FROM m', { dimensions: [everyMinute] }).isGroupedByTime, true)
})

t.test('what is not one SELECT is refused', async (t) => {
  const errorOf = (text: string) => {
    const read = readSelect(text)
    return read.ok ? '' : read.error
  }
  t.equal(errorOf(''), 'query must be a single select statement, got 0 statements')
  t.equal(errorOf('SELECT v FROM m; SELECT v FROM m'), 'query must be a single select statement, got 2 statements')
  t.equal(errorOf('SHOW  DATABASES'), 'query is not a select statement "SHOW DATABASES"')
  t.match(errorOf('SELECT'), /^failed to parse InfluxQL query: found EOF/)
})
