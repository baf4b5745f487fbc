import type { AlertView, ScriptFile, ScriptOutcome, Subject } from '../expression.ts'

/** What programs may use. */
export interface ScriptLimits {
  /** Time of one run. */
  readonly timeMs: number
  /** Time of all runs over the alerts of a batch; those that come after it fail. */
  readonly batchMs: number
  /** Runs of a batch that may take too long; the alerts after them fail, too. */
  readonly lateRuns: number
  /** What a thread may take beyond that time, to start or to end a run, before it is killed. */
  readonly graceMs: number
  readonly memoryMib: number
  /** Stack of calls within calls; deeper ones are an exception of the program. */
  readonly stackKib: number
}

export const DEFAULT_SCRIPT_LIMITS: ScriptLimits = {
  timeMs: 1000,
  batchMs: 60_000,
  lateRuns: 3,
  graceMs: 5000,
  memoryMib: 128,
  stackKib: 256
}

/** A program and what to run it over. */
export interface ScriptJob {
  readonly limits: ScriptLimits
  /** Alike for alike script files. */
  readonly scriptsKey: string
  readonly scripts: readonly ScriptFile[]
  readonly source: string
  readonly subject: Subject
  /** undefined: the script files are only tried. */
  readonly alerts: readonly AlertView[] | undefined
  /** When the batch has to be done, by `processMs`. */
  readonly deadline: number
  /** Runs of the batch that may still take too long. */
  readonly patience: number
  /** One number: the runs that have begun. */
  readonly begun: Int32Array<SharedArrayBuffer>
}

export interface ScriptAnswer {
  /** What is wrong with a script file; then nothing was run. */
  readonly invalid?: string
  readonly outcomes: readonly ScriptOutcome[]
  /** How many of the runs took too long. */
  readonly lateRuns: number
  /** What programs said to the console. */
  readonly lines: readonly string[]
}
