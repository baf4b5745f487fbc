import { parseArgs } from 'node:util'
import { KINDS } from './kinds/index.ts'
import { ORACLES, type OracleName } from './oracles/index.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly minutes: number
  /** Trials after which it ends, however much time is left. */
  readonly trials: number
  /** Names of kinds; empty: all. */
  readonly only: readonly string[]
  readonly oracles: readonly OracleName[]
  readonly reference: string | undefined
  readonly influx: string
  readonly jobs: number
  readonly alike: number
  /** Folder that receives the case of each difference; undefined: they are printed. */
  readonly out: string | undefined
}

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost']

export const USAGE = `usage: npm run fuzz -- [options]
  --seed N          number of the first trial (default 1); every trial follows from its number and its kind
  --minutes N       time after which it ends (default 1)
  --trials N        trials after which it ends (default: as many as there is time for)
  --only KINDS      kinds of trials, with commas: ${KINDS.map(({ name }) => name).join(', ')}
  --oracle NAMES    what to ask for the right answer, with commas: ${Object.keys(ORACLES).join(', ')}
  --reference URL   server to compare with; without --oracle it alone is asked
  --influx URL      InfluxDB 1.x of the oracle influxd (default http://127.0.0.1:8086)
  --jobs N          trials at a time (default 12)
  --alike N         differences of one sort that are told; more are counted (default 2)
  --out FOLDER      where the case of each difference is written (default: printed)`

/** Fails with a sentence that says which option is wrong. */
export function parseOptions(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{
        seed: { type: 'string' },
        minutes: { type: 'string' },
        trials: { type: 'string' },
        only: { type: 'string' }
      },
      ...{ oracle: { type: 'string' }, reference: { type: 'string' }, influx: { type: 'string' } },
      ...{ jobs: { type: 'string' }, alike: { type: 'string' }, out: { type: 'string' } }
    }
  })
  const { reference, influx = 'http://127.0.0.1:8086', out } = values
  for (const url of [influx, ...(reference === undefined ? [] : [reference])]) {
    if (!LOOPBACK.includes(new URL(url).hostname)) throw new Error(`${url} is not on this machine`)
  }
  const wanted = reference === undefined ? undefined : 'reference'
  return {
    seed: numberOf('seed', values.seed, 1),
    minutes: numberOf('minutes', values.minutes, 1),
    trials: numberOf('trials', values.trials, Infinity),
    only: namesOf(
      'only',
      values.only,
      KINDS.map(({ name }) => name)
    ),
    oracles: namesOf('oracle', values.oracle ?? wanted, Object.keys(ORACLES) as OracleName[]),
    ...{ reference, influx, out },
    jobs: numberOf('jobs', values.jobs, 12),
    alike: numberOf('alike', values.alike, 2)
  }
}

function numberOf(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text)
  if (Number.isNaN(value) || value < 0) throw new Error(`--${name} needs a number and not ${String(text)}`)
  return value
}

function namesOf<T extends string>(option: string, text: string | undefined, known: readonly T[]): readonly T[] {
  const names = text === undefined ? [] : text.split(',')
  const unknown = names.find((name) => !known.includes(name as T))
  if (unknown !== undefined) throw new Error(`--${option} knows ${known.join(', ')} and not ${unknown}`)
  return names as T[]
}
