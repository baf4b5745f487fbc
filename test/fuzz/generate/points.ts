import type { Random } from '../../support/random.ts'

/** The fields that generated points have, by type; scripts name them. */
export const FIELDS = {
  float: ['v', 'w'],
  int: ['n', 'k'],
  string: ['s', 'u'],
  boolean: ['b']
} as const
export const TAGS: Readonly<Record<string, readonly string[]>> = {
  host: ['a', 'b', 'c'],
  dc: ['x', 'y'],
  port: ['80', '443']
}
export const START_NS = 1_500_000_000_000_000_000n

export type FieldType = keyof typeof FIELDS

export interface PointsOptions {
  readonly measurements?: readonly string[]
  /** Share of values that are at the border of what their type can be. */
  readonly odd?: number
  /** Share of points that are older than the one before. */
  readonly late?: number
  /** Share of fields that a point lacks. */
  readonly missing?: number
}

const STEPS_MS = [0, 0, 1000, 1000, 1000, 2000, 3000, 5000, 500, 250, 12_000]

/** Lines of line protocol of a few series, more or less in the order of time. */
export function points(random: Random, count: number, options: PointsOptions = {}): string[] {
  const { measurements = ['m'], odd = 0.03, late = 0.05, missing = 0.1 } = options
  const tags = Object.keys(TAGS).filter(() => random.chance(0.7))
  const steps = random.some(STEPS_MS, 0.4).concat(random.pick(STEPS_MS))
  let timeNs = START_NS
  return Array.from({ length: count }, () => {
    const step = BigInt(random.pick(steps)) * 1_000_000n
    timeNs += random.chance(late) ? -step : step
    const own = tags.filter(() => !random.chance(missing / 2)).map((tag) => `,${tag}=${random.pick(TAGS[tag]!)}`)
    return `${random.pick(measurements)}${own.join('')} ${fields(random, odd, missing)} ${timeNs}`
  })
}

function fields(random: Random, odd: number, missing: number): string {
  const all = (Object.keys(FIELDS) as FieldType[]).flatMap((type) => FIELDS[type].map((name) => ({ name, type })))
  const present = all.filter(() => !random.chance(missing))
  const chosen = present.length > 0 ? present : all.slice(0, 1)
  return chosen
    .map(({ name, type }) => `${name}=${value(random, random.chance(odd / 3) ? anyType(random) : type, odd)}`)
    .join(',')
}

const ODD: Readonly<Record<FieldType, readonly string[]>> = {
  float: ['-0', '1e21', '1e-7', '0.1', '-3.5e300', '123456789.125', '1e15', '5e-324', '9007199254740993'],
  int: ['9223372036854775807i', '-9223372036854775808i', '4294967296i', '-1i', '9007199254740993i'],
  string: [
    '""',
    '"é€😀"',
    '"a b,c=d"',
    '"\\"q\\""',
    '"line\nend"',
    '"a\\\\b"',
    '"<&>"',
    '"10"',
    '"1.5"',
    '"true"',
    '"3s"'
  ],
  boolean: ['T', 'False']
}

export function value(random: Random, type: FieldType, odd: number): string {
  if (random.chance(odd)) return random.pick(ODD[type])
  switch (type) {
    case 'float':
      return random.pick(['0', '1', '2', '3', '7', '10', '2.5', '-1.5', '99.9', String(random.int(100))])
    case 'int':
      return `${random.int(10)}i`
    case 'string':
      return random.pick(['"x"', '"y"', '"abc"', '"login"', '"A1"'])
    case 'boolean':
      return random.pick(['true', 'false'])
  }
}

function anyType(random: Random): FieldType {
  return random.pick(['float', 'int', 'string', 'boolean'])
}

/** Divides lines over one body or a few. */
export function bodies(random: Random, lines: readonly string[]): string[][] {
  const list: string[][] = [[]]
  for (const line of lines) {
    if (random.chance(0.1) && list.at(-1)!.length > 0) list.push([])
    list.at(-1)!.push(line)
  }
  return list
}
