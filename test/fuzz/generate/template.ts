import type { Random } from '../../support/random.ts'

/** What the data of templates holds, by kind; `test/template/data.ts` has the same members. */
const TEXTS = [
  '.Name',
  '.TaskName',
  '.Group',
  '.ID',
  '.Level',
  '.Tags.host',
  '(index .Tags "dc")',
  '.Fields.s',
  '"lit<&>"',
  '`raw "q"`',
  '.Message',
  '$.Name'
]
const INTS = ['.Fields.count', '3', '-7', '0x1F', '(len .Name)', '.Time.Unix', '.Time.Year', "'a'", '1000000']
const FLOATS = [
  '.Fields.value',
  '.Fields.big',
  '.Fields.neg',
  '2.5',
  '1e6',
  '-0.0',
  '.Duration.Seconds',
  '1e21',
  '.125'
]
const BOOLS = [
  '.Fields.ok',
  'true',
  'false',
  '(eq .Level "CRITICAL")',
  '(gt .Fields.value 5.0)',
  '(not .Nil)',
  '(and .T .Name)',
  '(or .Nil .Name)'
]
const MAPS = ['.Tags', '.Fields', '.Empty', '.ServerInfo']
const OTHERS = [
  '.Time',
  '.Duration',
  '.Nil',
  '.Fields.zz',
  '.Tags.zz',
  '.Values',
  '.Html',
  '.Url',
  '.Nope',
  '.Fields.nil',
  '.Fields.dur',
  '.'
]
const VERBS = [
  '%s',
  '%v',
  '%d',
  '%f',
  '%.2f',
  '%q',
  '%x',
  '%t',
  '%e',
  '%g',
  '%5d',
  '%-8s|',
  '%08.3f',
  '%+d',
  '%T',
  '%#v',
  '%%',
  '%c',
  '%U',
  '%o',
  '%b',
  '%X',
  '% d',
  '%.3s',
  '%6.2f',
  '%*d',
  '%[2]v',
  '%!',
  '%z',
  '%+v',
  '%G',
  '%.0f',
  '%.1g',
  '%#x',
  '% x'
]
const LAYOUTS = [
  '2006-01-02',
  '15:04:05.000',
  'Mon Jan _2 03:04PM',
  'RFC3339',
  '2006-01-02T15:04:05Z07:00',
  'January 06 MST',
  '.999',
  '002',
  "'06"
]
const METHODS = ['.Time.Format "LAYOUT"', '.Time.UTC', '.Time.Unix', '.Time.UnixNano', '.Time.Year', '.Time.Month', '.Time.Weekday', '.Time.YearDay', '.Time.Hour', '.Time.String', '.Time.IsZero', '.Duration.Seconds', '.Duration.String', '.Duration.Minutes', '.Duration.Hours', '.Duration.Nanoseconds', '.Duration.Milliseconds', '.Time.Nanosecond', '.Time.Day', '.Time.Nope'] // prettier-ignore
const LITERAL = ['text ', ' ', '<b>', '</b>', '<a href="', '">', '<script>var x = ', ';</script>', '<p title=', '>', "'q'", 'é€', '\t', '<!-- c -->', '<style>p{color:', '}</style>', '<input value=\'', '\'>', ' onclick="f(', ')"', '<img src=/x?a=', '&amp;', '\\n', '`', '/* c */', '</script>', '<br/>', '<textarea>', '</textarea>', '<title>'] // prettier-ignore

/** A template in Go's language, in pieces. */
export function template(random: Random, isHtml: boolean): string[] {
  return pieces(random, isHtml, 2)
}

function body(random: Random, isHtml: boolean, depth: number): string {
  return pieces(random, isHtml, depth).join('')
}

function pieces(random: Random, isHtml: boolean, depth: number): string[] {
  const texts = isHtml ? LITERAL : LITERAL.slice(0, 2)
  return Array.from({ length: 1 + random.int(4) }, () =>
    random.chance(isHtml ? 0.45 : 0.3) ? random.pick(texts) : element(random, isHtml, depth)
  )
}

function element(random: Random, isHtml: boolean, depth: number): string {
  const [open, close] = random.chance(0.1) ? ['{{- ', ' -}}'] : ['{{ ', ' }}']
  const action = (text: string): string => `${open}${text}${close}`
  if (depth === 0 || random.chance(0.6)) return action(pipeline(random))
  const next = (): string => body(random, isHtml, depth - 1)
  switch (random.int(7)) {
    case 0:
      return `${action(`if ${value(random, BOOLS)}`)}${next()}${random.chance(0.5) ? `{{ else }}${next()}` : ''}{{ end }}`
    case 1:
      return `${action(`range $k, $v := ${random.pick(MAPS)}`)}{{ $k }}={{ $v }} {{ end }}`
    case 2:
      return `${action(`range .Values`)}${random.pick(['{{ .v }}', '{{ . }}', '{{ len . }}'])}{{ else }}none{{ end }}`
    case 3:
      return `${action(`with ${random.pick([...TEXTS, ...MAPS, '.Nil', '.Fields.zz'])}`)}{{ . }}{{ else }}${next()}{{ end }}`
    case 4:
      return `${action(`$x := ${pipeline(random)}`)}{{ $x }}${random.chance(0.3) ? `{{ $x = 5 }}{{ $x }}` : ''}`
    case 5:
      return `{{ define "t" }}<{{ . }}>{{ end }}${action(`template "t" ${random.pick([...TEXTS, ...INTS])}`)}`
    default:
      return (
        action(`if and ${value(random, BOOLS)} ${value(random, BOOLS)}`) +
        next() +
        '{{ else if true }}' +
        next() +
        '{{ end }}'
      )
  }
}

function pipeline(random: Random): string {
  const first = command(random)
  const last = random.pick([
    '',
    '',
    '',
    ' | html',
    ' | js',
    ' | urlquery',
    ' | len',
    ' | print',
    ' | printf "%v"',
    ' | printf "%q"',
    ' | json',
    ' | jsonCompact',
    ' | not'
  ])
  return `${first}${last}`
}

function command(random: Random): string {
  const any = (): string => value(random, random.pick([TEXTS, INTS, FLOATS, BOOLS, MAPS, OTHERS]))
  switch (random.int(9)) {
    case 0:
    case 1:
      return `printf "${format(random)}" ${Array.from({ length: random.int(3) + 1 }, any).join(' ')}`
    case 2:
      return `${random.pick(['print', 'println'])} ${any()} ${any()}`
    case 3:
      return random.pick(METHODS).replace('LAYOUT', random.pick(LAYOUTS))
    case 4: {
      const list = random.pick([INTS, FLOATS, TEXTS])
      return `${random.pick(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])} ${value(random, list)} ${value(random, random.chance(0.85) ? list : INTS)}`
    }
    case 5:
      return random.pick([
        'index .Tags "host"',
        'index .Fields "value"',
        'index .Values 0',
        'index .Values 9',
        'slice .Name 1',
        'slice .Name 1 2',
        'slice .Name 5 9',
        'len .Tags',
        'index .Name 0',
        'index .Fields .Name',
        'call .Name',
        'index .Tags 5'
      ])
    case 6:
      return `${random.pick(['json', 'jsonCompact'])} ${random.pick([...MAPS, ...TEXTS, ...FLOATS, '.Time', '.Duration', '.Values', '.Nil'])}`
    case 7:
      return `${random.pick(['and', 'or'])} ${any()} ${any()}`
    default:
      return any()
  }
}

function format(random: Random): string {
  return Array.from({ length: 1 + random.int(2) }, () => random.pick(VERBS)).join(' ')
}

function value(random: Random, list: readonly string[]): string {
  return random.pick(list)
}
