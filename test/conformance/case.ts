import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { parse } from 'yaml'

// What a file below `cases/` says, in the one form that the runner and the tests of nodes work with: README.md
// beside this file describes the keys. `input` is short for a step that writes it, `script` and `task` are for `tasks`.

const CASES = join(import.meta.dirname, 'cases')

export interface ConformanceCase {
  readonly about: string
  /** Why Kapok answers otherwise, on purpose; docs/differences.md says so, too. */
  readonly differs?: string
  readonly lock?: string
  readonly tasks: readonly CaseTask[]
  readonly expectDefineError?: boolean
  readonly steps: readonly Step[]
  readonly httpOut?: readonly string[]
  readonly cleanup?: readonly Request[]
  readonly any?: readonly string[]
  readonly texts?: readonly string[]
  readonly keepOnly?: Readonly<Record<string, readonly string[]>>
  readonly keepHeaders?: readonly string[]
  readonly laneBy?: readonly string[]
}

export interface CaseTask {
  readonly id?: string
  readonly type?: string
  readonly dbrps?: readonly { readonly db: string; readonly rp: string }[]
  readonly vars?: Readonly<Record<string, unknown>>
  readonly status?: string
  readonly script: string
}

export type Step = WriteStep | SleepStep | HttpStep

export interface WriteStep {
  /** Line protocol; lines that start with `#---` split it into requests. */
  readonly write: string
  readonly query?: string
  readonly pause?: number
  readonly settle?: number
  readonly expectError?: boolean
}

export interface SleepStep {
  readonly sleep: number
}

export interface HttpStep {
  readonly http: Request
}

export interface Request {
  readonly method?: string
  /** The server under test, where it is left out. */
  readonly base?: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly ok?: boolean
  readonly as?: string
  readonly save?: Readonly<Record<string, string>>
  readonly until?: { readonly key: string; readonly is?: unknown; readonly not?: unknown }
  readonly pick?: Pick
  readonly listen?: boolean
  readonly settle?: number
}

export interface Pick {
  readonly from?: string
  readonly where: Readonly<Record<string, unknown>>
}

/** What a case lets a server answer: `posts`, `http`, `httpOut` and what else README.md tells of. */
export type Result = Readonly<Record<string, unknown>>

/** A case that is kept in a file. */
export interface StoredCase extends ConformanceCase {
  readonly file: string
  readonly area: string
  readonly name: string
  readonly expect: Result
}

/** Keys of a file, in the order in which they are written. A key that none knows would check nothing. */
export const CASE_KEYS = [
  'about',
  'differs',
  'lock',
  'script',
  'task',
  'tasks',
  'expectDefineError',
  'input',
  'steps',
  'httpOut',
  'cleanup',
  'any',
  'texts',
  'keepOnly',
  'keepHeaders',
  'laneBy',
  'expect'
] as const

const ENDING = '.yaml'

export const areas: readonly string[] = readdirSync(CASES)

/** Cases of an area, in the order of their names. */
export function loadArea(area: string): StoredCase[] {
  return loadCases(join(CASES, area))
}

/** Cases of a file, or of a folder and the folders in it. */
export function loadCases(path: string = CASES): StoredCase[] {
  if (path.endsWith(ENDING)) return [loadCase(path)]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ENDING))
    .sort()
    .map((file) => loadCase(join(path, file)))
}

function loadCase(file: string): StoredCase {
  const name = basename(file, ENDING)
  try {
    const document = parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    const { expect, ...rest } = document
    if (typeof expect !== 'object') throw new Error('expect: missing')
    return { ...caseFrom(rest), file, area: basename(dirname(file)), name, expect: expect as Result }
  } catch (error) {
    throw new Error(`${relative(CASES, file).replaceAll(sep, '/')}: ${(error as Error).message}`, { cause: error })
  }
}

function caseFrom({ script, task, tasks, input, steps, ...rest }: Record<string, unknown>): ConformanceCase {
  const unknown = Object.keys(rest).find((key) => !(CASE_KEYS as readonly string[]).includes(key))
  if (unknown !== undefined) throw new Error(`${unknown}: no such key`)
  if (typeof rest['about'] !== 'string') throw new Error('about: missing')
  const single = script === undefined ? task : { script }
  return {
    ...(rest as Omit<ConformanceCase, 'tasks' | 'steps'>),
    tasks: (tasks ?? (single === undefined ? [] : [single])) as readonly CaseTask[],
    steps: (steps ?? (input === undefined ? [] : [{ write: input }])) as readonly Step[]
  }
}
