import { readFileSync } from 'node:fs'
import t from 'tap'
import { compileTemplate } from '../../src/template/template.ts'
import { Time } from '../../src/template/time.ts'
import { instantOfMillis } from '../../src/core/instant.ts'
import { MapValue, StringMap, StructType, StructValue, type Value } from '../../src/template/values.ts'
import { type Outcome, outcomeOf } from './data.ts'

/** Recorded from text/template of Go 1.26 on the data of `data.ts`. */
const ANSWERS = JSON.parse(readFileSync(new URL('text-answers.json', import.meta.url), 'utf8')) as [
  template: string,
  ...outcome: Outcome
][]

for (const [template, ...outcome] of ANSWERS) {
  t.test(`${JSON.stringify(template)} comes to what Go makes of it`, async (t) => {
    t.strictSame(outcomeOf(template, false), outcome)
  })
}

t.test('nothing is there to be called', async (t) => {
  t.match(outcomeOf('{{ call .Name }}', false), ['err', /error calling call: non-function of type string$/])
})

t.test('data is read where it is, without a copy', async (t) => {
  class Tags extends MapValue {
    readonly elementType = 'string'
    reads = 0

    get(key: string): string | undefined {
      this.reads++
      return key === 'host' ? 'a' : undefined
    }

    keys(): readonly string[] {
      return ['host']
    }
  }
  class Info {
    readonly Tags = new Tags()

    get Name(): string {
      return 'cpu'
    }
  }
  const info = new Info()
  const data = new StructValue(new StructType('main.info', ['Name', 'Tags']), info)
  const template = compileTemplate('id', '{{ .Name }}/{{ index .Tags "host" }}/{{ index .Tags "none" }}')
  t.equal(template.render(data), 'cpu/a/')
  t.equal(info.Tags.reads, 2)
})

t.test('a key that every object has is no key of a map', async (t) => {
  const template = compileTemplate('id', '{{ .constructor }} {{ .m.toString }} {{ index .m "valueOf" }}')
  t.equal(template.render({ m: new StringMap({}) }), '<no value> <no value> ')
})

t.test('a rendering leaves nothing behind for the next one', async (t) => {
  const template = compileTemplate('id', '{{ $x := "" }}{{ range . }}{{ $x = print $x . }}{{ end }}{{ $x }}')
  t.equal(template.render(['a', 'b']), 'ab')
  t.equal(template.render(['c']), 'c')
})

t.test('a time is shown as Go shows it', async (t) => {
  const layouts: [layout: string, shown: string][] = [
    ['2006-01-02 15:04:05', '2023-11-04 02:03:07'],
    ['06-1-2 3:4:5 PM pm', '23-11-4 2:3:7 AM am'],
    ['Jan January Mon Monday _2 002 __2', 'Nov November Sat Saturday  4 308 308'],
    ['.000 .999 ,000000 .99', '.120 .12 ,120000 .12'],
    ['MST Z07:00 -0700 -07:00 -07 Z0700', 'UTC Z +0000 +00:00 +00 Z'],
    ['03 04 05 01', '02 03 07 11'],
    ['_2006 January2 Janet .0001', '_2023 November4 Janet .0011']
  ]
  const time = new Time(instantOfMillis(Date.UTC(2023, 10, 4, 2, 3, 7, 120)))
  for (const [layout, shown] of layouts) t.equal(time.format(layout), shown, layout)
  const east = new Time(time.instant, 5400, 'X')
  t.equal(east.format('15:04 MST -0700 Z07:00'), '03:33 X +0130 +01:30')
  t.equal(east.toJson(), '2023-11-04T03:33:07.12+01:30')
})

t.test('random templates are compiled or refused', async (t) => {
  const pieces =
    '{{ }} {{- -}} . .Name .Tags .host .Fields $ $x := = | ( ) , "a" `r` \'c\' 1 1.5 nil true if else end range with define template block break print index eq printf <a href=" <script> </script> <style> " \' > <!-- --> / \\ é \ud800'.split(
      ' '
    )
  let seed = 7
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const values: Value[] = []
  for (let i = 0; i < 6000; i++) {
    const template = Array.from({ length: 1 + random(12) }, () => pieces[random(pieces.length)]).join(
      random(2) > 0 ? ' ' : ''
    )
    values.push(outcomeOf(template, i % 2 === 0)[1])
  }
  t.equal(values.length, 6000)
})
