/**
 * What a generator makes: one case, in pieces that can be left out one by one. Shrinking knows nothing else of it.
 */
export interface Trial {
  readonly about: string
  /** Pieces of the script, each a node or a property; together they are the script. None: no task is defined. */
  readonly script: readonly string[]
  readonly vars?: Readonly<Record<string, unknown>>
  /** Bodies of writes, each a list of lines. A line may hold line ends. */
  readonly bodies: readonly (readonly string[])[]
  /** Whether the answer hangs on which of two nodes is the first to pass on what came with one body. */
  readonly isRacy?: boolean
  /** Query of the writes. */
  readonly query?: string
  readonly requests: readonly Request[]
  /** Requests that read what the others have made. */
  readonly reads?: readonly Request[]
  readonly cleanup?: readonly Request[]
  readonly httpOut: readonly string[]
}

export interface Request {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly ok?: boolean
  readonly as?: string
  readonly until?: { readonly key: string; readonly is?: unknown; readonly not?: unknown }
  readonly settle?: number
}

export type Step =
  | { readonly write: string; readonly query?: string; readonly expectError?: true; readonly settle?: number }
  | { readonly http: Request }

/** A conformance case that has not been written to a folder (see test/conformance/README.md). */
export interface Case {
  readonly spec: {
    readonly about: string
    readonly task?: { readonly type: 'stream'; readonly vars?: Readonly<Record<string, unknown>> }
    readonly steps: readonly Step[]
    readonly httpOut?: readonly string[]
    readonly cleanup?: readonly Request[]
    readonly any?: readonly string[]
  }
  /** Contents by name. */
  readonly files: Readonly<Record<string, string>>
}

const SEPARATOR = '#---'

/** Parts of answers that tell when, how long, and by which server. */
const OF_THE_MOMENT = ['created', 'modified', 'last-enabled', 'date', 'stats', 'dot', 'size', 'progress']
const MOMENTS = OF_THE_MOMENT.flatMap((key) => [
  `http.*.body.${key}`,
  ...['tasks', 'templates', 'recordings', 'replays'].map((list) => `http.*.body.${list}.*.${key}`)
])

export function caseOf(trial: Trial): Case {
  const { about, script, vars, bodies, requests, reads = [], cleanup, httpOut } = trial
  const write: Step = {
    write: 'input.lp',
    expectError: true, // Refusals are part of the result.
    ...(trial.query !== undefined && { query: trial.query })
  }
  return {
    spec: {
      about,
      ...(script.length > 0 && { task: { type: 'stream', ...(vars !== undefined && { vars }) } }),
      steps: [
        ...[...requests, ...reads].map((http, i) => ({ http: { as: `r${String(i).padStart(2, '0')}`, ...http } })),
        ...(bodies.length > 0 ? [write] : [])
      ],
      ...(httpOut.length > 0 && { httpOut }),
      ...(cleanup !== undefined && { cleanup }),
      ...(requests.length + reads.length > 0 && { any: MOMENTS })
    },
    files: {
      ...(script.length > 0 && { 'task.tick': `${script.join('')}\n` }),
      ...(bodies.length > 0 && { 'input.lp': bodies.map((lines) => lines.join('\n')).join(`\n${SEPARATOR}\n`) })
    }
  }
}
