import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { formatInstant, instantOfNanos, nanosOf } from '../../src/core/instant.ts'
import { formatPoint } from '../../src/lineproto/format.ts'
import { endOfLine, LineEnd } from '../../src/lineproto/lines.ts'
import { LineParser } from '../../src/lineproto/parser.ts'
import { hashStep } from '../../src/lineproto/series-table.ts'
import type { Precision } from '../../src/lineproto/precision.ts'
import type { RequiredFields } from '../../src/model/required-fields.ts'
import { GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { PointColumns } from '../../src/model/point-columns.ts'
import { Random } from '../support/random.ts'
import { RandomBodies } from './random-bodies.ts'

const NOW = instantOfNanos(1_700_000_000_123_456_789n)
const { nil } = new GroupRegistry()

/** Parses a body and gives its points back as line protocol, or the complaints. */
function parse(parser: LineParser, body: string | Buffer, precision: Precision = 'n'): string {
  const columns = new PointColumns()
  const problems = parser.parse(Buffer.from(body), precision, NOW, columns)
  if (problems !== undefined) return problems
  const lines: string[] = []
  for (let i = 0; i < columns.length; i++) {
    const point = new Point(columns.series[i]!, nil, columns.times[i]!, columns.schemas[i]!, columns.values[i]!)
    const line = formatPoint(point)
    lines.push(typeof line === 'string' ? line : line.reason)
  }
  return lines.join('\n')
}

function newParser(required: RequiredFields | 'nothing' = 'all', maxSeries?: number): LineParser {
  const answer = required === 'nothing' ? undefined : required
  return new LineParser({
    db: 'db',
    rp: 'rp',
    requiredFields: () => answer,
    ...(maxSeries === undefined ? {} : { maxSeries })
  })
}

/** The first parse of a line goes by the book, the second by what was learned. */
function both(body: string, precision: Precision = 'n'): string {
  const parser = newParser()
  const first = parse(parser, body, precision)
  t.equal(parse(parser, body, precision), first, `the learned way answers as the book does: ${JSON.stringify(body)}`)
  return first
}

t.test('a good line gives the point that it says', (t) => {
  const cases: [line: string, point: string][] = [
    ['m v=1 5', 'm v=1 5'],
    ['m v=1i 5', 'm v=1i 5'],
    ['m v=-1.5e3 5', 'm v=-1500 5'],
    ['m v=.5,w=5. 5', 'm v=0.5,w=5 5'],
    ['m v=1e400 5', "unable to parse 'm v=1e400 5': invalid float"],
    ['m v=-0 5', 'm v=-0 5'],
    ['m v=0.1,w=123456789012345.6 5', 'm v=0.1,w=123456789012345.6 5'],
    ['m v=99.90453786914244 5', 'm v=99.90453786914244 5'],
    ['m v=9223372036854775807i,w=-9223372036854775808i 5', 'm v=9223372036854775807i,w=-9223372036854775808i 5'],
    ['m v=9007199254740993i 5', 'm v=9007199254740993i 5'],
    ['m a=t,b=T,c=true,d=True,e=TRUE 5', 'm a=true,b=true,c=true,d=true,e=true 5'],
    ['m a=f,b=F,c=false,d=False,e=FALSE 5', 'm a=false,b=false,c=false,d=false,e=false 5'],
    ['m s="" 5', 'm s="" 5'],
    ['m s="a b,c=d",v=1 5', 'm s="a b,c=d",v=1 5'],
    ['m s="say \\"hi\\" \\\\" 5', 'm s="say \\"hi\\" \\\\" 5'],
    ['m s="two\nlines" 5', 'm s="two\nlines" 5'],
    ['m s="größe" 5', 'm s="größe" 5'],
    ['größe,ort=köln v=1 5', 'größe,ort=köln v=1 5'],
    ['m,b=2,a=1 v=1 5', 'm,a=1,b=2 v=1 5'],
    ['m\\,x\\ y,a\\=b=c\\,d\\ e v\\ w=1 5', 'm\\,x\\ y,a\\=b=c\\,d\\ e v\\ w=1 5'],
    ['cpu\\=main v=1 5', 'cpu=main v=1 5'],
    ['a\\"b f\\"k=1 5', 'a"b f"k=1 5'],
    ['m,t\\"k=a\\"b v=1 5', 'm,t\\"k=a\\"b v=1 5'],
    ['m,a==b v=1 5', 'm,a=\\=b v=1 5'],
    ['m s="abc"xyz 5', 'm s="abc\\"xy" 5'],
    ['m s="abc""de" 5', 'm s="abc\\"\\"de" 5'],
    ['m v=1,a\0float\\ b=2 5', 'm a\0float\\ b=2,v=1 5'],
    ['\x01m v=1 5', '\x01m v=1 5'],
    ['m w=1,v=2 5', 'm v=2,w=1 5'],
    ['m v=1,v=2 5', 'm v=2 5'],
    ['m,time=a time=1 5', 'm,time=a time=1 5'],
    ['m v=1 -5', 'm v=1 -5'],
    ['m v=1 1234567890123456789', 'm v=1 1234567890123456789'],
    ['m v=1 9223372036854775806', 'm v=1 9223372036854775806'],
    ['  m v=1 5  ', 'm v=1 5'],
    ['m   v=1   5', 'm v=1 5']
  ]
  for (const [line, point] of cases) t.equal(both(line), point, line)
  t.end()
})

t.test('a bad line is told with its reason', (t) => {
  const cases: [line: string, reason: string][] = [
    ['m', 'missing fields'],
    ['m,a=b', 'missing fields'],
    ['m ', 'invalid field format'],
    [',a=b v=1', 'missing measurement'],
    ['m,=b v=1', 'missing tag key'],
    ['m, v=1', 'missing tag key'],
    ['m,a v=1', 'missing tag value'],
    ['m,a= v=1', 'missing tag value'],
    ['m,a=b=c v=1', 'invalid tag format'],
    ['m,a=1,a=2 v=1', 'duplicate tags'],
    ['m =1', 'missing field key'],
    ['m v=1,=2', 'missing field key'],
    ['m v=', 'missing field value'],
    ['m v=,w=1', 'missing field value'],
    ['m v', 'invalid field format'],
    ['m v=1,w', 'invalid field format'],
    ['m v=1.2.3', 'invalid number'],
    ['m v=1u', 'invalid number'],
    ['m v=1ii', 'invalid number'],
    ['m v=i', 'invalid boolean'],
    ['m v=1e', 'invalid float'],
    ['m v=1e+', 'invalid float'],
    ['m v=2E', 'invalid float'],
    ['m v=.e1', 'invalid float'],
    [`m v=${'9'.repeat(400)}`, 'invalid float'],
    ['m s="x"=1,b 5', 'invalid value: field-key=b'],
    ['m a\\\\=1 5', 'invalid value: field-key=a\\\\=1'],
    ['m s="x" "y"=1', 'bad timestamp'],
    ['m v=-', 'invalid number'],
    ['m v=NaN', 'invalid number'],
    ['m v=abc', 'invalid boolean'],
    ['m v=tru', 'invalid boolean'],
    ['m v="a', 'unbalanced quotes'],
    ['m v=1 abc', 'bad timestamp'],
    ['m v=1 5 6', 'point is invalid'],
    [
      'm v=9223372036854775808i',
      'unable to parse integer 9223372036854775808: strconv.ParseInt: parsing "9223372036854775808": value out of range'
    ],
    ['m v=1 9223372036854775807', 'time outside range -9223372036854775806 - 9223372036854775806'],
    ['m v=1 99999999999999999999', 'strconv.ParseInt: parsing "99999999999999999999": value out of range']
  ]
  for (const [line, reason] of cases) t.equal(both(line), `unable to parse '${line}': ${reason}`, line)
  t.end()
})

t.test('one bad line refuses the whole body, and every bad line is told', (t) => {
  const parser = newParser()
  t.equal(
    parse(parser, 'm v=1 1\nbad\nm v=2 2\nm v=x 3\n'),
    "unable to parse 'bad': missing fields\nunable to parse 'm v=x 3': invalid boolean"
  )
  t.end()
})

t.test('blank lines, comments and line ends of any kind are no points', (t) => {
  t.equal(both('\n# a comment\n  \t\n\r\nm v=1 1\r\nm v=2 2\r\n# end'), 'm v=1 1\nm v=2 2')
  t.equal(both('m v=1\r\n'), `m v=1 ${nanosOf(NOW)}`)
  t.equal(both(''), '')
  t.end()
})

t.test('a timestamp counts in the unit of the precision', (t) => {
  const cases: [Precision, string][] = [
    ['n', '1970-01-01T00:00:00.000000005Z'],
    ['u', '1970-01-01T00:00:00.000005Z'],
    ['ms', '1970-01-01T00:00:00.005Z'],
    ['s', '1970-01-01T00:00:05Z'],
    ['m', '1970-01-01T00:05:00Z'],
    ['h', '1970-01-01T05:00:00Z']
  ]
  for (const [precision, time] of cases) {
    const columns = new PointColumns()
    const parser = newParser()
    parser.parse(Buffer.from('m v=1 5\nm v=2 5'), precision, NOW, columns)
    t.same(columns.times.slice(0, 2).map(formatInstant), [time, time], precision)
  }
  t.end()
})

t.test('a line without timestamp gets the time of arrival, truncated to the precision', (t) => {
  t.equal(both('m v=1', 's'), 'm v=1 1700000000000000000')
  t.equal(both('m v=1', 'u'), 'm v=1 1700000000123456000')
  t.equal(both('m v=1', 'h'), 'm v=1 1699999200000000000')
  t.end()
})

t.test('fields that nobody reads are checked but not built', (t) => {
  const parser = newParser(new Set(['b']))
  const body = 'm a=1,b=2i,c="x" 1'
  t.equal(parse(parser, body), 'm b=2i 1')
  t.equal(parse(parser, body), 'm b=2i 1')
  t.equal(parse(parser, 'm a=1,b=2i,c=x 1'), "unable to parse 'm a=1,b=2i,c=x 1': invalid boolean")
  t.equal(parse(parser, 'm a=1,b=3i,c="y" 1'), 'm b=3i 1')
  t.end()
})

t.test('a measurement that nobody reads is checked and gives no points', (t) => {
  const parser = newParser('nothing')
  for (let round = 0; round < 2; round++) t.equal(parse(parser, 'm v=1 1'), '')
  t.equal(parse(parser, 'm v=? 1'), "unable to parse 'm v=? 1': invalid boolean")
  t.end()
})

t.test('a field that changes its type takes the new type from that line on', (t) => {
  const parser = newParser()
  t.equal(
    parse(parser, 'm v=1 1\nm v=1i 2\nm v="1" 3\nm v=t 4\nm v=1 5'),
    'm v=1 1\nm v=1i 2\nm v="1" 3\nm v=true 4\nm v=1 5'
  )
  t.end()
})

t.test('the table of series starts anew when it is full', (t) => {
  const parser = newParser('all', 100)
  for (let i = 0; i < 1000; i++) parse(parser, `m,host=h${i} v=1 1`)
  t.ok(parser.seriesCount <= 100)
  t.ok(parser.resets >= 9)
  t.equal(parse(parser, 'm,host=h1 v=1 1'), 'm,host=h1 v=1 1')
  t.end()
})

t.test('the answer to a body of bad lines is bounded', (t) => {
  const columns = new PointColumns()
  const problems = newParser().parse(Buffer.from('bad\n'.repeat(200_000)), 'n', NOW, columns)!
  t.ok(problems.length < 200_000)
  t.match(problems, /\ntoo many bad lines, the rest of the body was not read$/)
  t.end()
})

t.test('lines written from points are read back as the same points', (t) => {
  const random = new Random(7)
  const parser = newParser()
  const text = (): string => Array.from({ length: 1 + random.int(6) }, () => random.pick([...'ab,= "\\é'])).join('')
  const value = (): string =>
    random.pick([
      () => String((random.next() - 0.5) * 10 ** random.int(20)),
      () => `${random.int(1e9) - 5e8}i`,
      () => random.pick(['t', 'false']),
      () => `"${text().replace(/["\\]/g, '\\$&')}"`
    ])()
  const name = (): string => `k${text().replace(/[\\"]/g, '').replace(/[,= ]/g, '\\$&')}`
  for (let round = 0; round < 2000; round++) {
    const tags = [...new Set(Array.from({ length: random.int(4) }, name))].map((tag) => `,${tag}=v${name()}`)
    const fields = [...new Set(Array.from({ length: 1 + random.int(4) }, name))].map((field) => `${field}=${value()}`)
    const line = `${name()}${tags.join('')} ${fields.join(',')} ${random.int(1e9)}`
    const first = parse(parser, line)
    t.notMatch(first, /^unable/, line)
    if (parse(parser, first) !== first || parse(parser, line) !== first) t.fail(`not read back: ${line}`)
  }
  t.end()
})

t.test('a line is read as InfluxDB 1.9.6, with which Kapacitor 1.8.3 reads lines, has read it', (t) => {
  const file = new URL('../fixtures/lineproto/influxdb-1.9.6.json', import.meta.url)
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as [string, Precision, string | RecordedPoint[]][]
  t.ok(recorded.length > 600)
  const taught = newParser()
  for (const [body, precision, answer] of recorded) {
    const expected = typeof answer === 'string' ? answer : answer.map(readable)
    for (const way of ['by the book', 'the learned way']) {
      const found = pointsOf(taught, body, precision)
      if (!isDeepStrictEqual(found, expected)) t.strictSame(found, expected, `${way}: ${JSON.stringify(body)}`)
    }
  }
  t.end()
})

t.test('a parser that has learned many lines answers as one that has learned none, whatever comes', (t) => {
  const bodies = new RandomBodies(11)
  const random = new Random(11)
  const taught = newParser()
  for (let round = 0; round < 6000; round++) {
    const precision = bodies.precision()
    const body =
      round % 8 === 0 ? Buffer.from(Array.from({ length: random.int(60) }, () => random.int(256))) : bodies.body()
    const expected = pointsOf(newParser(), body, precision)
    for (const way of ['once', 'twice']) {
      const found = pointsOf(taught, body, precision)
      if (!isDeepStrictEqual(found, expected)) {
        t.strictSame(found, expected, `${way}: ${JSON.stringify(body.toString())}`)
      }
    }
  }
  t.end()
})

t.test('white space before a line counts where a quote or a newline in it does', (t) => {
  t.equal(both(' ="a\nb"\nm v=1 1\n'), `unable to parse '="a\nb"': missing fields`)
  t.equal(both(' m=a"x v=1\nm v="2"\n'), `unable to parse 'm=a"x v=1\nm v="2"': invalid number`)
  t.equal(both('m s="a 1600000003000000000\n'), `unable to parse 'm s="a 1600000003000000000': unbalanced quotes`)
  t.equal(both('m s="a\n\n'), `unable to parse 'm s="a\n': unbalanced quotes`)
  t.end()
})

t.test('no line costs more than linear time in its length', (t) => {
  const long = 1_000_000
  const lines = [
    `m v=${'1'.repeat(long)}x 1`,
    `m v=${'1'.repeat(long)} 1`,
    `m v=${'1'.repeat(long)}i 1`,
    `m v=${'0'.repeat(long)}1i 1`,
    `m v=1 ${'1'.repeat(long)}`,
    `m v=${'t'.repeat(long)} 1`,
    `m s="${'a\\'.repeat(long)}" 1`,
    `m${',a=b'.repeat(long)} v=1 1`,
    `m ${'a'.repeat(long)}=1 1`,
    `m ${Array.from({ length: 9_000 }, (_, i) => `f${i}=1`).join(',')} 1`,
    `m ${Array.from({ length: 100_000 }, (_, i) => `f${i}=1`).join(',')} 1`,
    `m ${'a=1,'.repeat(long)}a=1 1`
  ]
  const parser = newParser()
  for (const line of lines) {
    const start = performance.now()
    parse(parser, line)
    const ms = performance.now() - start
    // Some took hours.
    if (ms > 2000) t.fail(`${line.slice(0, 20)}… took ${ms} ms`)
  }
  t.end()
})

t.test('a line that holds more than a line may is refused with the limit, and counted', (t) => {
  let overLimit = 0
  const parser = new LineParser({ db: 'db', rp: 'rp', requiredFields: () => 'all', onOverLimit: () => overLimit++ })
  const refusal = (line: string): string => parse(parser, line).replace(/^[^]*': /, '')
  const fields = (count: number): string => Array.from({ length: count }, (_, i) => `f${i}=1`).join(',')
  const tags = (count: number): string => Array.from({ length: count }, (_, i) => `,t${i}=1`).join('')
  t.notMatch(parse(parser, `m ${fields(10_000)} 1`), /unable/)
  t.equal(
    refusal(`m ${fields(10_001)} 1`),
    'too many fields in one line: 10001 > 10000, the setting shards.max-line-fields'
  )
  t.notMatch(parse(parser, `m${tags(1000)} v=1 1`), /unable/)
  t.equal(refusal(`m${tags(1001)} v=1 1`), 'too many tags in one line: 1001 > 1000, the setting shards.max-line-tags')
  t.equal(refusal(`m,t=${'a'.repeat(65_536)} v=1`), 'max key length exceeded: 65540 > 65535')
  t.equal(refusal(`m ${'f'.repeat(65_531)}=1`), 'max key length exceeded: 65536 > 65535')
  t.equal(overLimit, 4)

  parse(parser, `k,t=a ${'f'.repeat(600)}=1 1`)
  t.equal(
    refusal(`k,t=${'a'.repeat(65_000)} ${'f'.repeat(600)}=1 1`),
    'max key length exceeded: 65608 > 65535',
    'a new series that looks like one that is known'
  )
  t.end()
})

t.test('names that change from line to line are let go', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed / 1024 / 1024
  }
  const parser = newParser()
  const columns = new PointColumns()
  const before = heap()
  for (let line = 0; line < 1200; line++) {
    const fields = Array.from({ length: 200 }, (_, i) => `f${line}_${i}=${i}`).join(',')
    parser.parse(Buffer.from(`m ${fields} ${line}`), 'n', NOW, columns)
    columns.clear()
  }
  // Half of these lines took 957 MB. What is kept is bounded, here and in the table of schemas.
  t.ok(heap() - before < 100, `${Math.round(heap() - before)} MiB`)
})

t.test('keys that were made to have one hash cost no more than others', (t) => {
  const seed = 7
  const keys = collidingKeys(seed, 9)
  t.equal(new Set(keys).size, 512)
  const parser = new LineParser({ db: 'db', rp: 'rp', requiredFields: () => 'all', newHashSeed: () => seed })
  const body = keys.map((key) => `${key} v=1 1`).join('\n')
  for (let round = 0; round < 2; round++) t.equal(parse(parser, body).split('\n').length, keys.length)
  t.ok(parser.resets > 0, 'the table was begun anew')
  const other = new LineParser({ db: 'db', rp: 'rp', requiredFields: () => 'all' })
  parse(other, body)
  t.equal(other.resets, 0, 'with another seed they do not collide')
  t.end()
})

t.test('random bytes and broken lines never throw and answer the same way twice', (t) => {
  const random = new Random(11)
  const parser = newParser()
  const pieces = [
    'm',
    ',',
    'a=b',
    ' ',
    'v=1',
    'i',
    '"',
    '\\',
    '\n',
    '\r\n',
    '=',
    '5',
    '#',
    't',
    '.',
    '-',
    'e',
    '\0',
    '\xff'
  ]
  const until = Date.now() + 3000
  for (let round = 0; round < 20_000 && Date.now() < until; round++) {
    const body =
      round % 4 === 0
        ? Buffer.from(Array.from({ length: random.int(60) }, () => random.int(256)))
        : Buffer.from(Array.from({ length: random.int(24) }, () => random.pick(pieces)).join(''), 'latin1')
    const first = parse(parser, body)
    if (parse(parser, body) !== first) t.fail(`two answers to ${JSON.stringify(body.toString('latin1'))}`)
  }
  t.end()
})

type RecordedPoint = [
  measurement: string,
  tags: Record<string, string>,
  fields: Record<string, [string, string]>,
  time: string
]

/** A point in the words of the recorded answers, floats as the same number is written here. */
function readable([measurement, tags, fields, time]: RecordedPoint): unknown {
  const same = Object.entries(fields).map(([name, [type, value]]) => [
    name,
    [type, type === 'float' ? numberText(Number(value)) : value]
  ])
  return [measurement, tags, Object.fromEntries(same), time]
}

function numberText(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Everything that a body comes to: its points, or the complaints. */
function pointsOf(parser: LineParser, body: string | Buffer, precision: Precision): unknown {
  const columns = new PointColumns()
  const problems = parser.parse(Buffer.from(body), precision, NOW, columns)
  if (problems !== undefined) return problems
  return Array.from({ length: columns.length }, (_, i) => {
    const { names, types } = columns.schemas[i]!
    const fields = names.map((name, at) => [name, [types[at], numberText(columns.values[i]![at])]])
    const { name, tags } = columns.series[i]!
    return [name, { ...tags.toObject() }, Object.fromEntries(fields), String(nanosOf(columns.times[i]!))]
  })
}

/** 2^`blocks` keys whose hash from `seed` is the same: in each block two texts that lead from one state to one. */
function collidingKeys(seed: number, blocks: number): string[] {
  const random = new Random(seed)
  let keys = ['m']
  let state = hashStep(seed, 109)
  const hashOf = (text: string): number => {
    let hash = state
    for (const byte of Buffer.from(text)) hash = hashStep(hash, byte)
    return hash
  }
  for (let block = 0; block < blocks; block++) {
    const seen = new Map<number, number>()
    const textOf = (number: number): string => number.toString(36).padStart(6, '0')
    for (;;) {
      const number = random.int(2 ** 31)
      const hash = hashOf(textOf(number))
      const other = seen.get(hash)
      seen.set(hash, number)
      if (other === undefined || other === number) continue
      keys = keys.flatMap((key) => [key + textOf(number), key + textOf(other)])
      state = hash
      break
    }
  }
  return keys
}

t.test('the end of a line that comes in pieces is where the end of the whole line is', (t) => {
  const random = new Random(7)
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: 60 }, () => random.pick(['m', ' ', 'v=', '"', '\\', '\n', ',', 'é'])).join('')
    const bytes = Buffer.from(text)
    const whole: number[] = []
    for (let at = endOfLine(bytes, 0, bytes.length); at < bytes.length; at = endOfLine(bytes, at + 1, bytes.length)) {
      whole.push(at)
    }
    const ends = new LineEnd()
    const found: number[] = []
    for (let start = 0; start < bytes.length;) {
      const piece = bytes.subarray(start, start + 1 + random.int(9))
      for (let at = ends.find(piece, 0, piece.length); at < piece.length; at = ends.find(piece, at + 1, piece.length)) {
        found.push(start + at)
      }
      start += piece.length
    }
    t.strictSame(found, whole, JSON.stringify(text))
  }
  t.end()
})

t.test('a series has room for what readers keep only where somebody reads it', async (t) => {
  const required = (name: string): RequiredFields | undefined => (name === 'read' ? 'all' : undefined)
  const parser = new LineParser({ db: 'db', rp: 'rp', requiredFields: required, slotCount: () => 100 })
  const bodies = ['read,n=1 v=1 1\nother,n=1 v=1 1', 'read,n=2 v=1 1\nother,n=2 v=1 1']
  for (const body of bodies) parser.parse(Buffer.from(body), 'n', NOW, new PointColumns())
  const rooms = Array.from(parser.series(), ({ name, slots }) => `${name} ${slots.length}`)
  t.strictSame(rooms, ['read 100', 'other 0', 'read 100', 'other 0'])
})
