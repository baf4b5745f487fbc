import t from 'tap'
import { Allowance, MAX_STEPS, RESTING_STEPS } from '../../src/template/budget.ts'
import { TemplateError } from '../../src/template/error.ts'
import { JSON_FUNCTIONS } from '../../src/template/functions.ts'
import { compileTemplate, type TemplateOptions } from '../../src/template/template.ts'
import { Time } from '../../src/template/time.ts'
import { duration } from '../../src/template/shared-time-methods.ts'
import { StringMap, StructType, StructValue, type Value } from '../../src/template/values.ts'

const NUMBERS = Array.from({ length: 400 }, (_, index) => index)
const members = {
  Name: 'cpu',
  Tags: new StringMap(Object.fromEntries(NUMBERS.map((index) => [`tag${index}`, `<${index}>`]))),
  Fields: Object.fromEntries(NUMBERS.map((index) => [`field${index}`, index / 3])),
  Time: new Time({ ms: 1_700_000_000_123, ns: 0 }),
  Duration: duration(90_500_000_000n),
  Rows: Array.from({ length: 50_000 }, (_, index) => ({ time: index, value: index / 7 }))
}
const data = new StructValue(new StructType('main.data', Object.keys(members)), members)

/** Renders with an allowance of its own, so that no case changes what another one has. */
function render(template: string, options: TemplateOptions = {}): string {
  const allowance = new Allowance(() => 0)
  return compileTemplate('m', template, { functions: JSON_FUNCTIONS, allowance, ...options }).render(data)
}

function problemOf(template: string, options?: TemplateOptions): string {
  try {
    return `no problem: ${render(template, options).slice(0, 40)}`
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

const each = (body: string): string => `{{ range .Rows }}${body}{{ end }}`
const often = (body: string): string =>
  each(each('').replace('{{ end }}', `${body}{{ end }}`).replace('.Rows', '$.Rows'))
const nested = (levels: number, body = ''): string =>
  '{{ range $.Fields }}'.repeat(levels) + body + '{{ end }}'.repeat(levels)
const doubled = (text: string, times: number): string =>
  `{{ $x := ${JSON.stringify(text)} }}${'{{ $x = print $x $x }}'.repeat(times)}`

const HOSTILE: Readonly<Record<string, string>> = {
  'loops without output': nested(9),
  'loops over what has no end': '{{ range 9223372036854775807 }}{{ end }}',
  'loops that end at once': each('{{ range $.Rows }}{{ break }}{{ end }}'.repeat(40)),
  'loops over sorted keys': each('{{ range $.Fields }}{{ break }}{{ end }}'),
  'conditions on maps': each('{{ if $.Fields }}{{ end }}'.repeat(50)),
  junctions: each('{{ and $.Fields $.Tags $.Fields }}'),
  'calls that double':
    NUMBERS.slice(0, 40)
      .map((i) => `{{ define "t${i}" }}{{ template "t${i + 1}" }}{{ template "t${i + 1}" }}{{ end }}`)
      .join('') + '{{ define "t40" }}x{{ end }}{{ template "t0" }}',
  'texts that double': doubled('aaaaaaaaaaaaaaaa', 40),
  'formats that double': `{{ $x := "%s%s" }}${'{{ $x = printf $x $x $x }}'.repeat(40)}`,
  'long texts': `${doubled('a', 20)}${'{{ eq $x $x }}{{ len $x }}'.repeat(2000)}`,
  slices: often('{{ if slice $.Rows 1 40000 }}{{ end }}'),
  'printing all': each('{{ $ }}'),
  'JSON of all': each('{{ json $.Fields }}'),
  widths: each('{{ printf "%9999999d" 1 }}'),
  'widths of arguments': each('{{ printf "%*d" 1000000 1 }}'),
  precisions: each('{{ printf "%.9999999f" 1.5 }}'),
  'precisions of integers': each('{{ printf "%.9999999d %.9999999U" 1 1 }}'),
  'digits of extreme floats': often('{{ printf "%.800f" 5e-324 }}'),
  'many verbs': `${doubled('%v%v', 14)}${each('{{ printf $x 1 }}')}`,
  'one argument, many verbs': `${doubled('%[1]v%[1]v', 10)}${each('{{ printf $x $.Fields }}')}`,
  'verbs without end': `${doubled('%[%[', 17)}${'{{ printf $x }}'.repeat(100)}`,
  'percent signs': `${doubled('%%', 17)}${'{{ printf $x }}'.repeat(100)}`,
  hexadecimal: `${doubled('é<', 17)}${'{{ printf "% x" $x }}'.repeat(100)}`,
  quotes: `${doubled('é<', 17)}${'{{ printf "%q" $x }}'.repeat(100)}`,
  escapes: `${doubled('é<!', 17)}${'{{ html $x }}{{ js $x }}{{ urlquery $x }}'.repeat(100)}`,
  layouts: `${doubled('1', 17)}${'{{ .Time.Format $x }}'.repeat(100)}`,
  times: often('{{ $.Time.Local }}{{ $.Time.AddDate 1 1 1 }}{{ $.Time.YearDay }}'),
  durations: often('{{ $.Duration.Round $.Duration }}'),
  'comparisons of times': often('{{ eq $.Time $.Time }}'),
  variables: often('{{ $a := 1 }}{{ $b := $a }}{{ $a = $b }}'),
  'plain text': often('a'.repeat(100)),
  constants: often('{{ 1.5 }}{{ 2 }}{{ true }}')
}

for (const [what, template] of Object.entries(HOSTILE)) {
  t.test(`${what} end when the steps are used up`, async (t) => {
    for (const html of [false, true]) {
      t.match(problemOf(template, { html }), /^template: m: rendering takes more than 1000000 steps: /)
    }
  })
}

t.test('a thousand rows of a table are within the steps, a text of an alert within a hundredth of them', async (t) => {
  const table = '{{ range .Rows }}<tr><td>{{ .time }}</td><td>{{ printf "%.2f" .value }}</td></tr>{{ end }}'
  const rows = members.Rows.slice(0, 4000)
  t.ok(compileTemplate('m', table, { html: true }).render({ Rows: rows }).length > 100_000)

  const allowance = new Allowance(() => 0)
  allowance.ranOut({ limit: MAX_STEPS } as never)
  t.equal(allowance.budgetFor(true).limit, RESTING_STEPS)
  const text =
    '{{ .Name }} {{ index .Tags "tag1" }} is {{ if gt (index .Fields "field1") 0.1 }}high{{ else }}low{{ end }} since ' +
    '{{ .Time.Format "2006-01-02 15:04:05" }}: {{ printf "%.2f" .Fields.field2 }} {{ html .Name | js | urlquery }} {{ .Fields }}'
  const template = compileTemplate('m', text, { allowance })
  t.match(template.render(data), /^cpu <1> is high since 2023-11-14 22:13:20: 0.67 cpu map\[field0:0 /)
})

t.test('a template that ran out of steps has few of them for a second, as have others that did', async (t) => {
  let nowMs = 0
  const allowance = new Allowance(() => nowMs)
  const loop = '{{ range . }}{{ range $ }}{{ end }}{{ end }}'
  const first = compileTemplate('first', loop, { allowance })
  const second = compileTemplate('second', loop, { allowance })
  const good = compileTemplate('good', loop, { allowance })
  const small: Value = NUMBERS.slice(0, 5)
  const medium: Value = NUMBERS.slice(0, 100)
  const large: Value = Array.from({ length: 2000 }, (_, index) => index)

  t.throws(() => first.render(large), { message: /^template: first: .* more than 1000000 steps: / })
  t.throws(() => second.render(large), { message: /^template: second: .* more than 1000000 steps: / })
  const resting = /more than 10000 steps, all that it has for a while after it took more than 1000000: /
  t.throws(() => first.render(medium), { message: resting })
  t.throws(() => second.render(medium), { message: resting })
  t.equal(first.render(small), '', 'common work goes on')
  t.equal(good.render(medium), '', 'others are not concerned')
  nowMs = 1001
  t.throws(() => first.render(large), { message: /more than 1000000 steps: / })
  t.throws(() => second.render(medium), { message: resting }, 'they share what they have')
  nowMs = 2002
  t.equal(second.render(medium), '')
  nowMs = 2003
  t.throws(() => first.render(large), { message: /more than 1000000 steps: / })
  t.equal(second.render(medium), '', 'what has been well since is no longer concerned')
})

t.test('a template is compiled in a time that follows its length', async (t) => {
  const long = (piece: string): string => piece.repeat(Math.floor(100_000 / piece.length))
  const script = (body: string): string => `<script>${body}</script>`
  const style = (body: string): string => `<style>${body}</style>`
  const templates = [
    ...['{{ .a }}', '{{ $a := 1 }}', '{{- 1 -}} ', '{{/**/}}a', '{{ if 1 }}{{ end }}', '{{', '{{ (', ' '].map(long),
    ...[
      `{{ ${long('(')} }}`,
      `{{ ${long('1')} }}`,
      `{{ 0x${long('f')} }}`,
      `{{ 0x${long('f')}p1 }}`,
      `{{ .a${long('.a')} }}`
    ],
    ...[
      `{{ print ${long('1 ')} }}`,
      `{{ 1 ${long('| print ')} }}`,
      `{{ "${long('\\n')}" }}`,
      `{{ if 1 }}${long('{{ else if 1 }}')}`
    ],
    // Each loop is looked at twice where it ends in another context than it begins in.
    ...['', 'x', '{{ . }}'].map((body) => '{{ range . }}'.repeat(200) + body + '{{ end }}'.repeat(200)),
    script(`${'{{ range . }}'.repeat(200)} x /1/ ${'{{ end }}'.repeat(200)}`),
    ...['"a"', '/**/', '//\n', '=/a/;', '{}', '+', ' ', '`${', '`${x}`', 'return ', '</scrip'].map((piece) =>
      script(long(piece))
    ),
    ...[script(`${long(' ')}x`), script(`${long('+')}x`), script(`x${long('/a')}`)],
    ...['(', '( ', '("a")', 'url(x)', '"a"', '/**/', 'url '].map((piece) => style(long(piece))),
    style(`url${long(' ')}(x)`),
    ...['<a>', '<a b=c>', '<', '</', '<!---->', '<a b="c">', '<title></titl'].map(long),
    ...['b ', 'b="c" ', ' ', 'b'].map((piece) => `<a ${long(piece)}>`),
    ...["'a'", ' ', '+', '&#34;', '&', 'x '].map((piece) => `<a onclick="${long(piece)}{{ . }}">`),
    NUMBERS.map((i) => `{{ define "t${i}" }}<a title="{{ template "t${i + 1}" }}">{{ end }}`).join('') +
      '{{ template "t0" }}',
    Array.from({ length: 3000 }, (_, i) => `{{ define "t${i}" }}{{ template "t${i + 1}" }}{{ end }}`).join('') +
      '{{ define "t3000" }}x{{ end }}{{ template "t0" }}'
  ]
  // Of what does not, each takes longer than a test may.
  for (const template of templates) t.type(problemOf(template, { html: true }), 'string')
})

t.test('a template has a limit of its length, its tokens, its variables and its depth', async (t) => {
  const cases: [template: string, problem: RegExp][] = [
    ['x'.repeat(131_073), /^template: m: 131073 characters exceed the limit of 131072$/],
    ['{{1}}'.repeat(20_000), /^template: m: more than 50000 tokens$/],
    ['{{$x:=1}}'.repeat(1001), /^template: m:1: more than 1000 variables$/],
    ['{{ ' + '('.repeat(10_000), /max expression depth exceeded$/],
    ['{{ if 1 }}'.repeat(3000), /max expression depth exceeded$/],
    ['{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}', /exceeded maximum template depth \(1000\)$/],
    [
      `{{ define "r" }}${'{{ if 1 }}'.repeat(249)}{{ template "r" . }}${'{{ end }}'.repeat(249)}{{ end }}{{ template "r" . }}`,
      /exceeded maximum template depth \(1000\)$/
    ]
  ]
  for (const [template, problem] of cases) t.match(problemOf(template), problem)
})

t.test('what is nested as deeply as may be leaves room on the stack', async (t) => {
  const around = (open: string, close: string, body: string): string => open.repeat(249) + body + close.repeat(249)
  const templates = [
    around('{{ if 1 }}', '{{ end }}', 'x'),
    around('{{ range 1 }}', '{{ end }}', 'x'),
    ...['(', '(print ', '(and 1 ', '($.Duration.Round '].map((open) => `{{ ${around(open, ')', '$.Duration')} }}`)
  ]
  // As deep in the stack as nothing here renders.
  const deep = (frames: number, template: string, html: boolean): string =>
    frames === 0 ? problemOf(template, { html }) : deep(frames - 1, template, html)
  for (const template of templates) for (const html of [false, true]) t.match(deep(1000, template, html), /^no problem/)
})

t.test('values that are nested too deeply for the stack are refused', async (t) => {
  let value: Value = 1
  for (let i = 0; i < 50_000; i++) value = [value]
  for (const template of ['{{ . }}', '{{ json . }}', '{{ printf "%d" . }}', '{{ html . }}']) {
    const compiled = compileTemplate('m', template, { functions: JSON_FUNCTIONS })
    t.throws(() => compiled.render(value), { message: 'template: m: values are nested too deeply' })
  }
})
