import { type Int, intOfFloat } from '../../model/value.ts'
import { countError, type LambdaFunction, type Misuse } from './spec.ts'
import { goTypeOf, type Type } from '../types.ts'

const CHOICES: readonly Type[] = ['float', 'int', 'string', 'boolean', 'regex', 'time', 'duration']
const PRESENT: readonly Type[] = ['boolean', 'string', 'int', 'float']

/** Presence, choice and formatting. Both branches of `if` are evaluated, as in the original. */
export const CHOICE_FUNCTIONS: readonly LambdaFunction[] = [
  {
    name: 'isPresent',
    summary: 'Whether the point has the field or tag.',
    signatures: [
      { args: ['missing'], returns: 'boolean', call: { inline: () => 'false' } },
      ...PRESENT.map((type) => ({ args: [type], returns: 'boolean' as const, call: { inline: () => 'true' } }))
    ],
    // Durations, times and regular expressions are present as well, where no signature is asked for.
    misuse: (types) =>
      types.length === 1 ? { returns: 'boolean', isTrue: true } : 'isMissing expects exactly one argument'
  },
  {
    name: 'if',
    summary:
      'The second argument where the first is true, else the third. Both are evaluated, of one type, not missing.',
    signatures: CHOICES.map((type) => ({
      args: ['boolean', type, type],
      returns: type,
      call: { inline: ([condition, yes, no]: readonly string[]) => `(${condition} ? ${yes} : ${no})` }
    })),
    misuse: ifBody
  },
  {
    name: 'humanBytes',
    summary: 'A number of bytes with a decimal unit: `83 MB`.',
    signatures: [
      { args: ['float'], returns: 'string', call: humanFloat },
      { args: ['int'], returns: 'string', call: humanInt }
    ],
    misuse: (types) =>
      types.length === 1 ? `cannot convert ${goTypeOf(types[0]!)} to humanBytes` : countError('humanBytes', 1)
  }
]

function ifBody(types: readonly Type[]): Misuse {
  const [condition, yes, no] = types
  if (types.length !== 3) return countError('if', 3)
  if (condition !== 'boolean') {
    return `first argument to if must be a condition with type of bool - got ${goTypeOf(condition!)}`
  }
  if (yes === no) return { returns: yes! }
  return `Different return types are not supported - second argument is ${goTypeOf(yes!)} and third argument is ${goTypeOf(no!)}`
}

function humanInt(value: Int): string {
  return humanBytes(BigInt.asUintN(64, BigInt(value)))
}

/** Go's `uint64(x)` on amd64: fractions go, negatives wrap around, what does not fit is 2^63. */
function humanFloat(value: number): string {
  if (value >= 2 ** 63 && value < 2 ** 64) return humanBytes(BigInt(value))
  return humanBytes(BigInt.asUintN(64, BigInt(intOfFloat(value))))
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']

function humanBytes(bytes: bigint): string {
  if (bytes < 10n) return `${bytes} B`
  let power = 0
  for (let size = bytes; size >= 1000n; size /= 1000n) power++
  const tenths = Math.floor((Number(bytes) / 1000 ** power) * 10 + 0.5)
  const text = tenths < 100 ? (tenths / 10).toFixed(1) : String(roundHalfToEven(tenths))
  return `${text} ${UNITS[power]}`
}

/** Tenths to a whole number. */
function roundHalfToEven(tenths: number): number {
  const whole = Math.floor(tenths / 10)
  const rest = tenths % 10
  return rest > 5 || (rest === 5 && whole % 2 === 1) ? whole + 1 : whole
}
