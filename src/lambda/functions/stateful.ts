import { type Int, intOf } from '../../model/value.ts'
import { countError, FunctionError, type LambdaFunction } from './spec.ts'

interface Counter {
  calls: number
}

interface RunningVariance {
  mean: number
  /** Sum of the squared distances from the mean. */
  squares: number
  calls: number
}

interface Extremes {
  least: number
  most: number
}

/** What they remember lives as long as their copy of the lambda, and is shared by all calls of one name in it. */
export const STATEFUL_FUNCTIONS: readonly LambdaFunction[] = [
  {
    name: 'count',
    summary: 'How often it has been called, this call included.',
    signatures: [{ args: [], returns: 'int', call: (counter: Counter) => ++counter.calls }],
    misuse: () => ({ returns: 'int' }),
    state: (): Counter => ({ calls: 0 })
  },
  {
    name: 'sigma',
    summary: 'Distance of a value from the running mean, in running standard deviations.',
    signatures: [{ args: ['float'], returns: 'float', call: sigma }],
    misuse: (types) => (types.length === 1 ? 'value is not a float' : countError('sigma', 1)),
    state: (): RunningVariance => ({ mean: 0, squares: 0, calls: 0 })
  },
  {
    name: 'spread',
    summary: 'Running maximum minus running minimum.',
    signatures: [{ args: ['float'], returns: 'float', call: spread }],
    misuse: (types) => (types.length === 1 ? 'value is not a float' : countError('spread', 1)),
    state: (): Extremes => ({ least: Infinity, most: -Infinity })
  },
  {
    name: 'rand',
    summary: 'A random integer, below n where that is given.',
    signatures: [
      { args: [], returns: 'int', call: () => intOf(randomBits(63)) },
      { args: ['int'], returns: 'int', call: randomBelow, canFail: true }
    ],
    misuse: (types) => (types.length === 1 ? 'value is not an int' : 'rand expects zero or one argument')
  }
]

function sigma(state: RunningVariance, value: number): number {
  state.calls++
  const distance = value - state.mean
  state.mean += distance / state.calls
  state.squares += distance * (value - state.mean)
  const variance = state.squares / (state.calls - 1)
  return state.calls < 2 || variance === 0 ? 0 : Math.abs(value - state.mean) / Math.sqrt(variance)
}

function spread(state: Extremes, value: number): number {
  if (value < state.least) state.least = value
  if (value > state.most) state.most = value
  return state.most - state.least
}

function randomBelow(limit: Int): Int | FunctionError {
  if (limit < 0) return new FunctionError('invalid argument to Int63n', true)
  if (limit <= 1) return 0
  if (limit <= 2 ** 32) return Math.floor(Math.random() * Number(limit))
  // 64 more bits than the limit has: what the remainder prefers cannot be measured.
  return intOf(randomBits(128) % BigInt(limit))
}

function randomBits(bits: number): bigint {
  let value = 0n
  for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32))
  return BigInt.asUintN(bits, value)
}
