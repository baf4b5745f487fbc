import type { ConformanceCase } from '../../conformance/case.ts'
import type { Target } from '../execute.ts'
import type { Trial } from '../trial.ts'
import { goOracle } from './go.ts'
import { influxdOracle } from './influxd.ts'
import { linesOracle } from './lines.ts'
import { modelOracle } from './model.ts'
import { referenceOracle } from './reference.ts'
import { replayOracle } from './replay.ts'
import { restartOracle } from './restart.ts'
import { soundOracle } from './sound.ts'

/** Where an answer is not what it should be. */
export interface Difference {
  /** The first place at which the answers differ, and how. */
  readonly where: string
  /** What was run. */
  readonly case: ConformanceCase
  readonly expected: unknown
  readonly actual: unknown
}

/** Knows, or asks, what the right answer to a trial is. */
export interface Oracle {
  /** @param settle Silence, in ms, after which nothing more is expected. */
  judge(trial: Trial, settle: number): Promise<Difference | undefined>
  close(): Promise<void>
}

export interface OracleOptions {
  /** Starts a server of ours, to be used by this oracle alone. */
  start(): Promise<StartedServer>
  readonly reference: string | undefined
  readonly influx: string
}

export interface StartedServer {
  readonly url: string
  /** Ends the process and starts it again over its data; its address changes. */
  restart(how: 'kill' | 'end'): Promise<void>
  stop(): Promise<void>
}

/** Gives a text where this oracle cannot be asked here: why. */
type Opener = (options: OracleOptions) => Promise<Oracle | string>

/** Each oracle: one file, and one line here. */
export const ORACLES = {
  go: goOracle,
  influxd: influxdOracle,
  lines: linesOracle,
  replay: replayOracle,
  restart: restartOracle,
  sound: soundOracle,
  model: modelOracle,
  reference: referenceOracle
} as const satisfies Readonly<Record<string, Opener>>

export type OracleName = keyof typeof ORACLES

export function targetOf({ url }: Pick<StartedServer, 'url'>, settle: number): Target {
  return { url, settle }
}
