import t from 'tap'
import { instantOfMillis } from '../../src/core/instant.ts'
import { formatPoint, Unwritable } from '../../src/lineproto/format.ts'
import { LineParser } from '../../src/lineproto/parser.ts'
import { GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { Schema } from '../../src/model/schema.ts'
import { Series, Tags } from '../../src/model/series.ts'
import { PointColumns } from '../../src/model/point-columns.ts'
import type { FieldType, Value } from '../../src/model/value.ts'
import { Random } from '../support/random.ts'

const { nil } = new GroupRegistry()

function pointOf(
  name: string,
  tags: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, readonly [FieldType, Value]>>
): Point {
  const series = new Series('db', 'rp', name, Tags.of(Object.entries(tags)))
  const types = Object.values(fields).map(([type]) => type)
  const values = Object.values(fields).map(([, value]) => value)
  return new Point(series, nil, instantOfMillis(1), Schema.of(Object.keys(fields), types), values)
}

const ONE = { v: ['int', 1] } as const

function lineOf(
  name: string,
  tags: Readonly<Record<string, string>> = {},
  fields: Parameters<typeof pointOf>[2] = ONE
) {
  const line = formatPoint(pointOf(name, tags, fields))
  return typeof line === 'string' ? line : `! ${line.reason}`
}

t.test('names and values that end elsewhere, once they are written, are refused', async (t) => {
  const what = 'cannot be written as line protocol'
  t.equal(lineOf('m\nstolen v=1'), `! measurement ${what}: "m\\nstolen v=1"`)
  t.equal(lineOf('m\\'), `! measurement ${what}: "m\\\\"`)
  t.equal(lineOf('#m'), `! measurement ${what}: "#m"`)
  t.equal(lineOf(''), `! measurement ${what}: ""`)
  t.equal(lineOf('m', { a: 'x\ny' }), `! value of the tag "a" ${what}: "x\\ny"`)
  t.equal(lineOf('m', { a: 'x\\', b: 'y' }), `! value of the tag "a" ${what}: "x\\\\"`)
  t.equal(lineOf('m', { 'a\\': 'x' }), `! tag name ${what}: "a\\\\"`)
  t.equal(lineOf('m', {}, { 'v\\': ['int', 1] }), `! field name ${what}: "v\\\\"`)
  t.equal(lineOf('m', {}, { 'v=1\nstolen v': ['int', 1] }), `! field name ${what}: "v=1\\nstolen v"`)
  t.match(lineOf('m', { a: `${'x'.repeat(1000)}\n` }), /^.{100,200}…"$/)
})

t.test('what can be written is, with its escapes', async (t) => {
  t.equal(lineOf('m, n', { 'a=b': 'c, d', e: '' }), 'm\\,\\ n,a\\=b=c\\,\\ d v=1i 1000000')
  t.equal(lineOf('m', {}, { s: ['string', 'a"b\\c\nd'] }), 'm s="a\\"b\\\\c\nd" 1000000')
  t.equal(lineOf('m', {}, { d: ['duration', -1_500_000_000n], n: ['null', null] }), 'm d="-1.5s" 1000000')
  t.equal(
    lineOf('m', {}, { f: ['float', Infinity], v: ['int', 1] }),
    '! point has a field that is infinite or no number'
  )
  t.equal(lineOf('m', {}, { n: ['null', null] }), '! point has no field that can be written')
})

t.test('a written point is read as that point alone, whatever its names are made of', async (t) => {
  const random = new Random(7)
  const signs = ['\\', ',', '=', ' ', '"', '\n', '#', '\t', 'é', ...'abcdefgh']
  const text = (): string => Array.from({ length: 1 + random.int(5) }, () => random.pick(signs)).join('')
  let written = 0
  for (let i = 0; i < 5000; i++) {
    const point = pointOf(
      text(),
      { [text()]: text(), [text()]: text() },
      { [text()]: ['int', 1], [text()]: ['string', text()] }
    )
    const line = formatPoint(point)
    if (line instanceof Unwritable) continue
    written++
    const columns = new PointColumns()
    const parser = new LineParser({ db: 'db', rp: 'rp', requiredFields: () => 'all' })
    const problems = parser.parse(Buffer.from(`${line}\nnext v=1 1`), 'n', instantOfMillis(0), columns)
    const names = Array.from({ length: columns.length }, (_, n) => columns.series[n]!.name)
    if (problems !== undefined || names.length !== 2 || names[1] !== 'next') {
      t.fail(JSON.stringify({ line, complaints: problems, names }))
    }
  }
  t.ok(written > 500, `${written} were written`)
})
