import t from 'tap'
import { instantOfNanos } from '../../../src/core/instant.ts'
import { type Group, GroupRegistry } from '../../../src/model/group.ts'
import { FieldsBuilder, Point } from '../../../src/model/point.ts'
import { resultJson, rowOfPoint } from '../../../src/model/row.ts'
import { Series, Tags } from '../../../src/model/series.ts'
import { AlertTexts, DEFAULT_DETAILS } from '../../../src/nodes/alert/texts.ts'
import { FakePorts } from '../../support/ports.ts'
import { Random } from '../../support/random.ts'

const random = new Random(5)
const text = (): string =>
  Array.from({ length: random.int(8) }, () => random.pick([...`ab"'<>&+\\\n é\u2028`])).join('')

t.test('the default details are what their template gives, and the data what rows give', (t) => {
  const groups = new GroupRegistry()
  const context = { taskId: `task ${text()}`, ports: new FakePorts() } as unknown as ConstructorParameters<
    typeof AlertTexts
  >[1]
  const texts = (details: string): AlertTexts =>
    new AlertTexts({ id: '{{ .Name }}', message: 'm', details }, context, (reason) => void t.fail(reason))
  const direct = texts(DEFAULT_DETAILS)
  const byTemplate = texts(`${DEFAULT_DETAILS}{{/* the same, by the template */}}`)
  for (let round = 0; round < 300; round++) {
    const tags = Tags.of(Array.from({ length: random.int(4) }, () => [`t${text()}`, text()] as const))
    const fields = new FieldsBuilder()
    fields.set(`f${text()}`, 'float', (random.next() - 0.5) * 10 ** (random.int(60) - 30))
    fields.set(`i${text()}`, 'int', random.pick([0, -5, 9007199254740993n]))
    fields.set(`s${text()}`, 'string', text())
    fields.set(`b${text()}`, 'boolean', random.pick([true, false]))
    const time = instantOfNanos(BigInt(random.int(1e9)) * 1_234_567n)
    const { schema, values } = fields.take()
    const point = new Point(new Series('', '', text(), tags), groups.nil, time, schema, values)
    const occurrence = {
      ...{ name: point.name, group: groups.nil, tags: tags.toObject(), id: text(), time, point },
      ...{ level: random.pick([0, 1, 2, 3] as const), durationNs: BigInt(random.int(1e9)) }
    }
    const message = text()
    t.equal(direct.details(occurrence, message), byTemplate.details(occurrence, message))
    t.equal(direct.data(point), resultJson([rowOfPoint(point)]))
  }
  t.end()
})

t.test('a series keeps its texts apart by fields, group and name', (t) => {
  const groups = new GroupRegistry()
  const context = { taskId: 'task', ports: new FakePorts() } as unknown as ConstructorParameters<typeof AlertTexts>[1]
  const texts = new AlertTexts({ id: 'id', message: 'm', details: DEFAULT_DETAILS }, context, t.fail)
  const series = new Series('', '', 'm', Tags.of([['host', 'a']]))
  const group = groups.get('m', series.tags, { byName: false, tagNames: ['host'] })
  const detailsOf = (given: Group, field: string, name: string): unknown => {
    const fields = new FieldsBuilder()
    fields.set(field, 'int', 1)
    const { schema, values } = fields.take()
    const point = new Point(series, given, instantOfNanos(0n), schema, values)
    const subject = { name, group: given, tags: series.tags.toObject(), id: 'id', time: point.time, point }
    const html = texts.details({ ...subject, level: 3, durationNs: 0n }, 'm')
    const { Name, Group, Fields } = JSON.parse(html.replaceAll('&#34;', '"')) as Record<string, unknown>
    return { Name, Group, Fields, data: (JSON.parse(texts.data(point)) as { series: unknown[] }).series }
  }
  const data = (field: string) => [
    { name: 'm', tags: { host: 'a' }, columns: ['time', field], values: [['1970-01-01T00:00:00Z', 1]] }
  ]
  for (let round = 0; round < 2; round++) {
    t.same(detailsOf(group, 'v', 'm'), { Name: 'm', Group: 'host=a', Fields: { v: 1 }, data: data('v') })
    t.same(detailsOf(group, 'w', 'm'), { Name: 'm', Group: 'host=a', Fields: { w: 1 }, data: data('w') })
    t.same(detailsOf(groups.nil, 'w', 'n'), { Name: 'n', Group: 'nil', Fields: { w: 1 }, data: data('w') })
  }
  t.end()
})
