import { readFileSync } from 'node:fs'
import t from 'tap'
import { Budget } from '../../src/template/budget.ts'
import { sprintf } from '../../src/template/printf.ts'
import { Time } from '../../src/template/time.ts'
import { duration } from '../../src/template/shared-time-methods.ts'
import { BYTE, INT, Int, Safe, StringMap, StructType, StructValue, type Value } from '../../src/template/values.ts'

type Recorded = readonly [type: string, value: unknown]

/** Recorded from fmt of Go 1.26: random formats and values. */
const ANSWERS = JSON.parse(readFileSync(new URL('printf-answers.json', import.meta.url), 'utf8')) as [
  format: string,
  values: Recorded[],
  text: string
][]

const LEVELS = ['OK', 'INFO', 'WARNING', 'CRITICAL']
const LEVEL = { name: 'main.Level', print: (value: bigint) => LEVELS[Number(value)]! }
const INNER = new StructType('main.inner', ['Name', 'Count', 'Any'])

function valueOf([type, value]: Recorded): Value {
  switch (type) {
    case 'float': // its bits
      return new Float64Array(BigUint64Array.of(BigInt(value as string)).buffer)[0]
    case 'int64':
      return BigInt(value as string)
    case 'int':
      return new Int(INT, BigInt(value as string))
    case 'byte':
      return new Int(BYTE, BigInt(value as string))
    case 'level':
      return new Int(LEVEL, BigInt(value as string))
    case 'duration':
      return duration(BigInt(value as string))
    case 'time': {
      const [ms, ns] = value as [number, number]
      return new Time({ ms, ns })
    }
    case 'js':
      return new Safe('js', value as string)
    case 'list':
      return (value as Named[]).map(ofNamed)
    case 'map':
      return Object.fromEntries(Object.entries(value as Record<string, Named>).map(([key, one]) => [key, ofNamed(one)]))
    case 'tags':
      return new StringMap(value as Record<string, string>)
    case 'struct': {
      const [name, count, any] = value as [string, number, Named]
      return new StructValue(INNER, { Name: name, Count: new Int(INT, BigInt(count)), Any: ofNamed(any) })
    }
    default:
      return value as Value
  }
}

interface Named {
  readonly t: string
  readonly v: unknown
}

function ofNamed({ t, v }: Named): Value {
  return valueOf([t, v])
}

t.test('any format makes of any value what Go makes of it', async (t) => {
  t.ok(ANSWERS.length > 1000)
  for (const [format, values, text] of ANSWERS) {
    const got = sprintf(format, values.map(valueOf), new Budget())
    if (got !== text) t.equal(got, text, JSON.stringify([format, values]))
  }
})

t.test('a float is rounded from its exact value, ties to even', async (t) => {
  const cases: [format: string, value: number, text: string][] = [
    ['%.0f', 0.5, '0'],
    ['%.0f', 2.5, '2'],
    ['%.0f', -4.5, '-4'],
    ['%.1f', 6.25, '6.2'],
    ['%.2f', 1.125, '1.12'],
    ['%.2f', 1.005, '1.00'],
    ['%.0e', 6.5, '6e+00'],
    ['%.2g', 1.25, '1.2'],
    ['%.3f', 999.9996, '1000.000'],
    ['%.0f', 1e23, '99999999999999991611392']
  ]
  for (const [format, value, text] of cases) t.equal(sprintf(format, [value], new Budget()), text, `${format} ${value}`)
})
