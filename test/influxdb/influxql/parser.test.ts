import t from 'tap'
import { formatSelect } from '../../../src/influxdb/influxql/format.ts'
import { parseQuery } from '../../../src/influxdb/influxql/parser.ts'
import { Random } from '../../support/random.ts'

/** The canonical form of a query, or what is wrong with it. */
function read(text: string): string {
  const parsed = parseQuery(text)
  if (!parsed.ok) return parsed.error
  return parsed.statements.map((one) => (one.kind === 'other' ? one.text : formatSelect(one.statement))).join('; ')
}

const CANONICAL: Readonly<Record<string, string>> = {
  'select v from m': 'SELECT v FROM m',
  'SELECT "v" FROM "db"."autogen"."m"': 'SELECT v FROM db.autogen.m',
  'SELECT "two words", "select" FROM "db".."m-1"': 'SELECT "two words", "select" FROM db.."m-1"',
  'SELECT v FROM rp.m, db.rp./^c.*u$/, /x\\/y/': 'SELECT v FROM rp.m, db.rp./^c.*u$/, /x\\/y/',
  'SELECT * FROM m': 'SELECT * FROM m',
  'SELECT *::field, *::tag, v::float, t::tag FROM m': 'SELECT *::field, *::tag, v::float, t::tag FROM m',
  'SELECT /^v/ FROM m': 'SELECT /^v/ FROM m',
  'SELECT MEAN("v") AS "avg", percentile(v, 95) FROM m': 'SELECT mean(v) AS avg, percentile(v, 95) FROM m',
  'SELECT count(distinct(v)), DISTINCT "v" FROM m': 'SELECT count(distinct(v)), DISTINCT v FROM m',
  'SELECT mean(/v/), top(v, host, 2), f() FROM m': 'SELECT mean(/v/), top(v, host, 2), f() FROM m',
  'SELECT a+b*c-(d/2) % 3 FROM m': 'SELECT a + b * c - (d / 2) % 3 FROM m',
  'SELECT a & 1 | 2 ^ 3 FROM m': 'SELECT a & 1 | 2 ^ 3 FROM m',
  'SELECT -v, +f(v), -(a), -1.5, - 2, +3 FROM m': 'SELECT -1 * v, 1 * f(v), -1 * (a), -1.5, -2, 3 FROM m',
  'SELECT 0.50, .5, 5., 9223372036854775808 FROM m': 'SELECT 0.5, 0.5, 5, 9223372036854775808 FROM m',
  "SELECT v FROM m WHERE a = 'it\\'s \\\\ \"' AND b <> 1 OR c != TRUE": `SELECT v FROM m WHERE a = 'it\\'s \\\\ "' AND b != 1 OR c != true`,
  'SELECT v FROM m WHERE a =~ /^[ab]\\/$/ AND b !~ /x/': 'SELECT v FROM m WHERE a =~ /^[ab]\\/$/ AND b !~ /x/',
  'SELECT v FROM m WHERE time > now() - 90s AND x <= 1h30m AND y >= 10u':
    'SELECT v FROM m WHERE time > now() - 90s AND x <= 90m AND y >= 10u',
  'SELECT v FROM m WHERE ((a = 1) AND "b\\"c" = \'x\\ny\')': `SELECT v FROM m WHERE ((a = 1) AND "b\\"c" = 'x\\ny')`,
  'SELECT v FROM m GROUP BY time(1m, -5s), host, /t/, * fill(null)':
    'SELECT v FROM m GROUP BY time(1m, -5s), host, /t/, *',
  'SELECT v FROM m FILL(none)': 'SELECT v FROM m fill(none)',
  "SELECT v FROM m GROUP BY a fill(linear) ORDER BY time DESC LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4 tz('Europe/Berlin')":
    "SELECT v FROM m GROUP BY a fill(linear) ORDER BY time DESC LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4 TZ('Europe/Berlin')",
  'SELECT v FROM m fill(-1.5) ORDER BY asc': 'SELECT v FROM m fill(-1.5) ORDER BY ASC',
  'SELECT v FROM m fill(7) ORDER BY time': 'SELECT v FROM m fill(7) ORDER BY time ASC',
  'SELECT v INTO "a"."b"."c" FROM m': 'SELECT v INTO a.b.c FROM m',
  'SELECT v INTO a..:MEASUREMENT FROM m': 'SELECT v INTO a..:MEASUREMENT FROM m',
  'SELECT v FROM (SELECT mean(v) AS v FROM m GROUP BY host) WHERE v > 1':
    'SELECT v FROM (SELECT mean(v) AS v FROM m GROUP BY host) WHERE v > 1',
  'SELECT a.b FROM m': 'SELECT "a.b" FROM m',
  'SELECT v -- to the end\n/* between */ FROM db.rp.m;': 'SELECT v FROM db.rp.m',
  'SELECT a FROM m; SELECT b FROM n': 'SELECT a FROM m; SELECT b FROM n',
  'show databases': 'SHOW DATABASES',
  'DROP MEASUREMENT "a b" ; ': 'DROP MEASUREMENT "a b"',
  '': ''
}

for (const [text, canonical] of Object.entries(CANONICAL)) {
  t.test(`${JSON.stringify(text)} is read, and printed in InfluxDB's own form`, async (t) => {
    t.equal(read(text), canonical)
    t.equal(read(canonical), canonical, 'which stays as it is')
  })
}

const WORDS = 'SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL'
const PROBLEMS: Readonly<Record<string, string>> = {
  select: 'found EOF, expected identifier, string, number, bool at line 1, char 8',
  'select ': 'found EOF, expected identifier, string, number, bool at line 1, char 9',
  'SELECT v FORM m': 'found FORM, expected FROM at line 1, char 10',
  'SELECT v,': 'found EOF, expected identifier, string, number, bool at line 1, char 10',
  'SELECT v FROM': 'found EOF, expected identifier at line 1, char 15',
  'SELECT v FROM "m" x': 'found x, expected ;, EOF at line 1, char 19',
  'SELECT v\nFROM m\r\nWHERE )': 'found ), expected identifier, string, number, bool at line 3, char 7',
  'SELECT v FROM m WHERE (a = 1': 'found EOF, expected ) at line 1, char 29',
  'SELECT f(v FROM m': 'found FROM, expected ) at line 1, char 12',
  'SELECT v AS FROM m': 'found FROM, expected identifier at line 1, char 13',
  "SELECT v FROM 'm'": 'found m, expected identifier at line 1, char 15',
  'SELECT v FROM "m': 'found m, expected identifier at line 1, char 15',
  "SELECT v FROM m WHERE a = 'x": 'found x, expected identifier, string, number, bool at line 1, char 27',
  'SELECT v FROM a.b.c.d': 'too many segments in "a"."b"."c"."d" at line 1, char 1',
  'SELECT v FROM m WHERE a =~ 1': 'found 1, expected regex at line 1, char 28',
  'SELECT v FROM m WHERE a =~ /x': 'bad regex: x at line 1, char 28',
  'SELECT v > 1 FROM m': 'invalid operator > in SELECT clause at line 1, char 8; operator is intended for WHERE clause',
  'SELECT v FROM m LIMIT x': 'found x, expected integer at line 1, char 23',
  'SELECT v FROM m LIMIT 99999999999999999999':
    'strconv.ParseInt: parsing "99999999999999999999": value out of range at line 1, char 23',
  'SELECT v FROM m ORDER BY v': 'only ORDER BY time supported at this time',
  'SELECT v FROM m ORDER BY time, time': 'only ORDER BY time supported at this time',
  'SELECT v FROM m ORDER BY 1': 'found 1, expected identifier, ASC, DESC at line 1, char 26',
  'SELECT v FROM m ORDER time': 'found time, expected BY at line 1, char 23',
  'SELECT v FROM m GROUP host': 'found host, expected BY at line 1, char 23',
  'SELECT v FROM m fill': 'fill must be a function call',
  'SELECT v FROM m fill()': 'fill requires an argument, e.g.: 0, null, none, previous, linear',
  "SELECT v FROM m fill('x')": 'expected number argument in fill()',
  'SELECT v FROM m tz(1)': 'expected string argument in tz()',
  'SELECT v FROM m tz()': 'tz requires exactly one argument',
  'SELECT v::text FROM m':
    'found text, expected float, integer, unsigned, string, boolean, field, tag at line 1, char 11',
  'SELECT *::v FROM m': 'found v, expected field, tag at line 1, char 11',
  'SELECT DISTINCT FROM m': 'found FROM, expected identifier at line 1, char 17',
  'SELECT DISTINCT,v FROM m': 'found ,, expected (, identifier at line 1, char 16',
  'SELECT v FROM m WHERE a > 5x': 'invalid duration',
  'SELECT -, v FROM m': 'found ,, expected identifier, number, duration, ( at line 1, char 9',
  'SELECT 99999999999999999999 FROM m': 'unable to parse integer at line 1, char 8',
  'SELECT -9223372036854775809 FROM m': 'constant -9223372036854775809 underflows int64',
  'SELECT $a FROM m': 'missing parameter: a',
  'SELECT $ FROM m': 'empty bound parameter',
  'SELECT é FROM m': 'found é, expected identifier, string, number, bool at line 1, char 8',
  'SELECT v FROM m /* open': 'bad regex: * open at line 1, char 17',
  'SELECT v FROM (v)': 'found v, expected SELECT at line 1, char 16',
  'SELECT v FROM (SELECT v FROM m': 'found EOF, expected ) at line 1, char 32',
  FOO: `found FOO, expected ${WORDS} at line 1, char 1`,
  [`SELECT ${'('.repeat(600)}`]: 'query is nested too deeply',
  [`SELECT ${'-'.repeat(1)}${' -'.repeat(600)}1`]:
    'found -, expected identifier, number, duration, ( at line 1, char 10'
}

for (const [text, message] of Object.entries(PROBLEMS)) {
  t.test(`${JSON.stringify(text.slice(0, 60))} is refused in InfluxDB's words`, async (t) =>
    t.equal(read(text), message)
  )
}

t.test('no text makes the reader fail otherwise than by telling what is wrong', async (t) => {
  const parts = [...Object.keys(CANONICAL), ...Object.keys(PROBLEMS)].flatMap((text) => text.split(/(?<=\W)|(?=\W)/))
  const random = new Random(7)
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random.int(20) }, () => random.pick(parts)).join('')
    const once = read(text)
    if (parseQuery(text).ok) t.equal(read(once), once, text)
  }
})
