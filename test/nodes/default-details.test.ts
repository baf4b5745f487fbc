import t from 'tap'
import { instantOfNanos } from '../../src/core/instant.ts'
import { GroupRegistry } from '../../src/model/group.ts'
import { FieldsBuilder, Point } from '../../src/model/point.ts'
import { Series, Tags } from '../../src/model/series.ts'
import { AlertTexts, DEFAULT_DETAILS } from '../../src/nodes/alert/texts.ts'
import { FakePorts } from '../support/ports.ts'
import { Random } from '../support/random.ts'

const random = new Random(5)
const text = (): string =>
  Array.from({ length: random.int(8) }, () => random.pick([...`ab"'<>&+\\\n é\u2028`])).join('')

t.test('the default details are what their template gives', (t) => {
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
    const point = new Point(new Series('', '', text(), tags), groups.nil, time, fields.schema, fields.values)
    const occurrence = {
      ...{ name: point.name, group: groups.nil, tags: tags.toObject(), id: text(), time, point },
      ...{ level: random.pick([0, 1, 2, 3] as const), durationNs: BigInt(random.int(1e9)) }
    }
    const message = text()
    t.equal(direct.details(occurrence, message), byTemplate.details(occurrence, message))
  }
  t.end()
})
