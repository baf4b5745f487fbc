import type { Random } from '../../support/random.ts'
import { lambda } from './lambda.ts'
import { FIELDS, TAGS } from './points.ts'

/** What flows out of the end of a chain, as far as it is known. */
export interface Flow {
  readonly edge: 'stream' | 'batch'
  /** Fields that hold numbers, and others. */
  readonly numbers: readonly string[]
  readonly others: readonly string[]
}

export interface Made {
  /** The node, then its properties. */
  readonly pieces: readonly string[]
  readonly flow: Flow
}

export interface NodeMaker {
  readonly name: string
  readonly wants: Flow['edge'] | 'either'
  make(random: Random, flow: Flow): Made
}

export const SOURCE_FLOW: Flow = {
  edge: 'stream',
  numbers: [...FIELDS.float, ...FIELDS.int],
  others: [...FIELDS.string, ...FIELDS.boolean]
}

const DURATIONS = ['1s', '2s', '3s', '5s', '10s', '500ms', '7s', '1m']
const AGGREGATES = ['count', 'sum', 'mean', 'median', 'mode', 'spread', 'stddev']
const SELECTORS = ['first', 'last', 'min', 'max']

/** Every node that scripts can chain and whose output does not depend on the clock or on other programs. */
export const NODE_MAKERS: readonly NodeMaker[] = [
  same('where', (random) => [`|where(lambda: ${condition(random, 2)})`]),
  same('groupBy', (random, flow) => groupBy(random, flow)),
  same('sample', (random) => [`|sample(${random.pick(['1', '2', '3', '1s', '2s', '5s'])})`]),
  same('shift', (random) => [`|shift(${random.pick(['5s', '-1m', '1h', '-250ms'])})`]),
  same('changeDetect', (random, flow) => [`|changeDetect(${quoted(fieldList(random, flow))})`]),
  same('log', (random) => ['|log()', ...optional(random, `.prefix('p')`)]),
  {
    name: 'eval',
    wants: 'either',
    make(random, flow) {
      const count = 1 + random.int(3)
      const types = Array.from({ length: count }, () => random.pick(['float', 'int', 'string', 'boolean'] as const))
      const names = types.map((_, i) => (random.chance(0.15) ? random.pick(['v', 'n', 's']) : `e${i}`))
      const expressions = types.map((type) => `lambda: ${lambda(random, type, 2, { canFault: true })}`)
      const tags = names.filter((_, i) => types[i] === 'string' && random.chance(0.2))
      const keeps = random.pick(['', '', '.keep()', `.keep(${quoted([...names, ...random.some(flow.numbers)])})`])
      const made = names.filter((name) => !tags.includes(name))
      const kept = keeps === '' ? { numbers: [], others: [] } : flow
      return {
        pieces: [
          `|eval(${expressions.join(', ')})`,
          `.as(${quoted(names)})`,
          ...(tags.length > 0 ? [`.tags(${quoted(tags)})`] : []),
          ...(keeps === '' ? [] : [keeps])
        ],
        flow: {
          edge: flow.edge,
          numbers: unique([...kept.numbers, ...made.filter((name) => /float|int/.test(types[names.indexOf(name)]!))]),
          others: unique([...kept.others, ...made.filter((name) => !/float|int/.test(types[names.indexOf(name)]!))])
        }
      }
    }
  },
  same('default', (random) => [
    '|default()',
    ...random.some([`.field('v', 7.5)`, `.field('z', 3)`, `.field('s', 'd')`, `.tag('dc', 'none')`, `.tag('new', 't')`])
  ]),
  same('delete', (random) => [
    '|delete()',
    ...random.some([`.field('v')`, `.field('n')`, `.tag('dc')`, `.tag('host')`])
  ]),
  {
    name: 'derivative',
    wants: 'either',
    make(random, flow) {
      const as = random.pick(['', `.as('rate')`])
      return {
        pieces: [
          `|derivative('${oneOf(random, flow)}')`,
          ...(as === '' ? [] : [as]),
          ...optional(random, `.unit(${random.pick(DURATIONS)})`),
          ...optional(random, '.nonNegative()')
        ],
        flow: as === '' ? flow : { ...flow, numbers: [...flow.numbers, 'rate'] }
      }
    }
  },
  counted('stateDuration', 'state_duration', (random) => [
    `|stateDuration(lambda: ${condition(random)})`,
    ...optional(random, `.unit(${random.pick(DURATIONS)})`)
  ]),
  counted('stateCount', 'state_count', (random) => [`|stateCount(lambda: ${condition(random)})`]),
  {
    name: 'window',
    wants: 'stream',
    make: (random, flow) => ({ pieces: window(random), flow: { ...flow, edge: 'batch' } })
  },
  {
    name: 'trickle',
    wants: 'batch',
    make: (_, flow) => ({ pieces: ['|trickle()'], flow: { ...flow, edge: 'stream' } })
  },
  {
    name: 'flatten',
    wants: 'either',
    make: (random, flow) => ({
      pieces: [
        '|flatten()',
        `.on(${quoted(tagList(random))})`,
        ...optional(random, `.tolerance(${random.pick(DURATIONS)})`),
        ...optional(random, `.delimiter('${random.pick(['_', '', '.'])}')`),
        ...optional(random, '.dropOriginalFieldName()')
      ],
      flow: { edge: flow.edge, numbers: ['x.v', '80.n', 'x', 'a.v', 'a'], others: ['x.s'] }
    })
  },
  {
    name: 'combine',
    wants: 'either',
    make(random) {
      const count = 1 + random.int(3)
      const names = ['l', 'r', 'o'].slice(0, count)
      const choices = names.map(() => `lambda: ${condition(random)}`)
      return {
        pieces: [
          `|combine(${choices.join(', ')})`,
          `.as(${quoted(names)})`,
          ...optional(random, `.tolerance(${random.pick(DURATIONS)})`),
          ...optional(random, `.delimiter('_')`),
          ...optional(random, '.max(20)', 0.1)
        ],
        flow: { edge: 'stream', numbers: names.flatMap((name) => [`${name}.v`, `${name}_v`]), others: [`l.s`] }
      }
    }
  },
  ...AGGREGATES.map((name) => reducer(name, (_, field) => `|${name}('${field}')`)),
  ...SELECTORS.map((name) => reducer(name, (_, field) => `|${name}('${field}')`)),
  reducer(
    'percentile',
    (random, field) => `|percentile('${field}', ${random.pick(['50.0', '90.0', '0.0', '99.9', '25.0'])})`
  ),
  reducer('distinct', (_, field) => `|distinct('${field}')`, 'batch'),
  ...['top', 'bottom'].map((name) =>
    reducer(
      name,
      (random, field) => {
        const more = random.chance(0.3)
          ? `, ${quoted(random.some(['host', 'dc', 'n'], 0.5).concat('host').slice(0, 2))}`
          : ''
        return `|${name}(${1 + random.int(3)}, '${field}'${more})`
      },
      'batch'
    )
  ),
  ...['holtWinters', 'holtWintersWithFit'].map((name) =>
    reducer(
      name,
      (random, field) =>
        `|${name}('${field}', ${1 + random.int(3)}, ${random.pick([0, 2])}, ${random.pick(['1s', '2s', '5s'])})`,
      'batch',
      'holtWinters'
    )
  ),
  reducer('elapsed', (random, field) => `|elapsed('${field}', ${random.pick(DURATIONS)})`, 'same'),
  reducer('difference', (_, field) => `|difference('${field}')`, 'same'),
  reducer('cumulativeSum', (_, field) => `|cumulativeSum('${field}')`, 'same'),
  reducer('movingAverage', (random, field) => `|movingAverage('${field}', ${1 + random.int(4)})`, 'same'),
  same('alert', (random) => alert(random, '')),
  same('httpOut', () => [`|httpOut('mid')`]),
  same('httpPost', () => [`|httpPost('@CAPTURE@/mid')`])
]

/** Alert properties, with a handler that posts to a path where one is given. */
export function alert(random: Random, path: string): string[] {
  const level = (): string => `lambda: ${condition(random)}`
  return [
    '|alert()',
    ...random.some([`.info(${level()})`, `.warn(${level()})`]),
    `.crit(${level()})`,
    ...random.some([`.infoReset(${level()})`, `.warnReset(${level()})`, `.critReset(${level()})`], 0.15),
    ...optional(
      random,
      `.id('${random.pick(['{{ .Name }}', '{{ index .Tags "host" }}', '{{ .Group }}-{{ .TaskName | len }}', 'one'])}')`
    ),
    ...optional(
      random,
      `.message('${random.pick(['{{ .ID }} {{ .Level }} {{ index .Fields "v" }}', '{{ .Time }} {{ .Duration }}'])}')`
    ),
    ...optional(random, `.details('<b>{{ .Message }}</b>')`),
    ...optional(random, `.stateChangesOnly(${random.pick(['', '2s', '1m'])})`),
    ...optional(random, '.noRecoveries()', 0.15),
    ...optional(random, '.all()', 0.15),
    ...optional(random, `.flapping(0.25, 0.5)`, 0.15),
    ...optional(random, `.history(${random.pick([2, 5, 10])})`, 0.2),
    ...random.some(
      [
        `.levelTag('lt')`,
        `.levelField('lf')`,
        `.idTag('it')`,
        `.idField('if')`,
        `.messageField('mf')`,
        `.durationField('df')`
      ],
      0.15
    ),
    ...(path === '' ? [] : [`.post('${path}')`])
  ]
}

export function window(random: Random): string[] {
  if (random.chance(0.25)) {
    return [
      '|window()',
      `.periodCount(${1 + random.int(5)})`,
      `.everyCount(${1 + random.int(4)})`,
      ...optional(random, '.fillPeriod()')
    ]
  }
  return [
    '|window()',
    `.period(${random.pick(DURATIONS)})`,
    ...optional(random, `.every(${random.pick([...DURATIONS, '0s'])})`, 0.85),
    ...optional(random, '.align()', 0.6),
    ...optional(random, '.fillPeriod()', 0.25)
  ]
}

export function groupBy(random: Random, { edge }: Pick<Flow, 'edge'>): string[] {
  const isAll = random.chance(0.2)
  return [
    isAll ? '|groupBy(*)' : `|groupBy(${quoted(random.some(Object.keys(TAGS), 0.5))})`,
    ...(isAll ? optional(random, `.exclude('dc')`) : []),
    ...(edge === 'stream' ? optional(random, '.byMeasurement()', 0.2) : [])
  ]
}

export function from(random: Random, measurement = 'm'): string[] {
  return [
    'stream|from()',
    ...optional(random, `.measurement('${measurement}')`, 0.8),
    ...optional(random, `.groupBy(${random.chance(0.2) ? '*' : quoted(tagList(random))})`, 0.7),
    ...optional(random, '.groupByMeasurement()', 0.1),
    ...optional(random, `.where(lambda: ${condition(random)})`, 0.15),
    ...optional(random, `.truncate(${random.pick(DURATIONS)})`, 0.1),
    ...optional(random, `.round(${random.pick(DURATIONS)})`, 0.1)
  ]
}

const PLAIN_CONDITIONS = ['TRUE', '"v" > 5', '"v" > 2.5', '"n" >= 3', '"s" == \'x\'', '"host" == \'a\'', '"b"']

/** Most often one that some points fulfil. */
function condition(random: Random, depth = 1): string {
  return random.chance(0.65) ? random.pick(PLAIN_CONDITIONS) : lambda(random, 'boolean', depth)
}

/** A chain of nodes that fit one another, most of the time. */
export function chain(random: Random, length: number, start: Flow = SOURCE_FLOW): Made {
  const pieces: string[] = []
  let flow = start
  for (let i = 0; i < length; i++) {
    const fitting = NODE_MAKERS.filter(({ wants }) => wants === 'either' || wants === flow.edge || random.chance(0.005))
    const made = random.pick(fitting).make(random, flow)
    pieces.push(...made.pieces)
    flow = made.flow
  }
  return { pieces, flow }
}

export function optional(random: Random, piece: string, share = 0.3): string[] {
  return random.chance(share) ? [piece] : []
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

function same(name: string, make: (random: Random, flow: Flow) => readonly string[]): NodeMaker {
  return { name, wants: 'either', make: (random, flow) => ({ pieces: make(random, flow), flow }) }
}

function counted(name: string, field: string, make: (random: Random) => readonly string[]): NodeMaker {
  return {
    name,
    wants: 'either',
    make: (random, flow) => ({ pieces: make(random), flow: { ...flow, numbers: [...flow.numbers, field] } })
  }
}

/** A function of InfluxQL. */
function reducer(
  name: string,
  call: (random: Random, field: string) => string,
  edge: Flow['edge'] | 'same' = 'stream',
  field = name
): NodeMaker {
  return {
    name,
    wants: 'either',
    make(random, flow) {
      const as = random.chance(0.3) ? 'r' : field
      return {
        pieces: [
          call(random, oneOf(random, flow)),
          ...(as === field ? [] : [`.as('${as}')`]),
          ...optional(random, '.usePointTimes()', 0.25)
        ],
        flow: { edge: edge === 'same' ? flow.edge : edge, numbers: [as], others: [] }
      }
    }
  }
}

function oneOf(random: Random, { numbers, others }: Flow): string {
  if (random.chance(0.03)) return 'nope'
  if (others.length > 0 && random.chance(0.06)) return random.pick(others)
  return numbers.length > 0 ? random.pick(numbers) : 'v'
}

function fieldList(random: Random, { numbers, others }: Flow): string[] {
  const all = [...numbers, ...others, 'nope']
  return [random.pick(all), ...random.some(all, 0.15)]
}

function tagList(random: Random): string[] {
  const all = Object.keys(TAGS)
  const chosen = random.some(all, 0.5)
  return chosen.length > 0 ? chosen : [random.pick(all)]
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
