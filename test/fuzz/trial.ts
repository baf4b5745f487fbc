import type { ConformanceCase, Request, WriteStep } from '../conformance/case.ts'

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

const SEPARATOR = '#---'

/** Parts of answers that tell when, how long, and by which server. */
const OF_THE_MOMENT = ['created', 'modified', 'last-enabled', 'date', 'stats', 'dot', 'size', 'progress']
const MOMENTS = OF_THE_MOMENT.flatMap((key) => [
  `http.*.body.${key}`,
  ...['tasks', 'templates', 'recordings', 'replays'].map((list) => `http.*.body.${list}.*.${key}`)
])

/** A conformance case that has not been written to a file (see test/conformance/README.md). */
export function caseOf(trial: Trial): ConformanceCase {
  const { about, script, vars, bodies, query, requests, reads = [], cleanup, httpOut } = trial
  const write = (): WriteStep => ({
    write: bodies.map((lines) => lines.join('\n')).join(`\n${SEPARATOR}\n`),
    expectError: true, // Refusals are part of the result.
    ...(query !== undefined && { query })
  })
  const task = { ...(vars !== undefined && { vars }), script: `${script.join('')}\n` }
  return {
    about,
    tasks: script.length > 0 ? [task] : [],
    steps: [
      ...[...requests, ...reads].map((http, i) => ({ http: { as: `r${String(i).padStart(2, '0')}`, ...http } })),
      ...(bodies.length > 0 ? [write()] : [])
    ],
    ...(httpOut.length > 0 && { httpOut }),
    ...(cleanup !== undefined && { cleanup }),
    ...(requests.length + reads.length > 0 && { any: MOMENTS })
  }
}
