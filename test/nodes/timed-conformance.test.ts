import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { HttpRequest } from '../../src/graph/ports.ts'
import { formatPoint } from '../../src/lineproto/format.ts'
import type { Point } from '../../src/model/point.ts'
import type { StreamSource } from '../../src/nodes/stream.ts'
import { Harness } from '../support/check.ts'
import { FakePorts } from '../support/ports.ts'
import { stage } from '../support/text.ts'
import { eventually } from '../support/eventually.ts'

// Black-box cases of nodes that need a clock, an HTTP peer, httpOut or several tasks, but no server: the clock is
// turned by hand, and loopback leads into the other tasks of the case. All of them run against the server as well.

const CASES = new URL('../conformance/cases/', import.meta.url).pathname
const FOLDERS = ['window', 'join_union', 'http_log_stats_barrier', 'loopback']
/** Judged elsewhere: posts of an alert, and the answer to a definition. */
const ELSEWHERE = new Set([
  'deadman_fires_once',
  'log_lines_of_batches',
  'log_lines_of_points',
  'log_lines_of_starts_and_stops',
  'loopback_to_itself_is_refused'
])

interface Case {
  readonly about: string
  readonly tasks?: readonly { readonly file: string; readonly dbrps?: readonly { readonly db: string }[] }[]
  readonly steps?: readonly Step[]
  readonly httpOut?: readonly string[]
}

interface Step {
  readonly write?: string
  readonly sleep?: number
  readonly http?: { readonly path: string; readonly as: string }
}

interface Expected {
  readonly posts?: Readonly<Record<string, unknown>>
  readonly httpOut?: Readonly<Record<string, unknown>>
  readonly http?: Readonly<Record<string, { readonly body: unknown }>>
}

interface Row {
  readonly name: string
  readonly tags?: object
}

interface Answer {
  readonly series: readonly Row[] | null
}

interface Result {
  readonly posts: Record<string, unknown[]>
  readonly httpOut: Record<string, unknown>
  readonly http: Record<string, { body: unknown }>
}

/** Answers what is posted to the capturing server; everything else is refused. */
class World extends FakePorts {
  readonly posts: Record<string, unknown[]> = {}
  readonly others: { readonly db: string; readonly harness: Harness }[] = []

  constructor() {
    super()
    this.clock.advance(Date.UTC(2026))
    this.http.post = async (request) => this.#capture(request)
    this.loopback.write = (points) => points.forEach((point) => this.#deliver(point))
  }

  async settle(): Promise<void> {
    await eventually('all answers', () => this.pendingNow === 0)
  }

  #capture({ url, body }: HttpRequest): { status: number; body: string } {
    const [, path, status] = /^@CAPTURE@(.*?(?:\?status=(\d+))?)$/.exec(url) ?? []
    if (path === undefined) throw new Error('connection refused')
    const answer = JSON.parse(body) as Answer
    const { name, tags = {} } = answer.series![0]!
    ;(this.posts[`POST ${path} ${name} ${JSON.stringify(tags)}`] ??= []).push(answer)
    return { status: Number(status ?? 200), body: '' }
  }

  #deliver(point: Point): void {
    const { database, retentionPolicy } = point.series
    const staged = stage(formatPoint(point) as string, database, retentionPolicy)
    for (const { db, harness } of this.others) {
      if (db === database) (harness.graph.sources[0] as StreamSource).readStaged(staged)
    }
  }
}

async function run({ tasks = [{ file: 'task.tick' }], steps, httpOut = [] }: Case, path: string): Promise<Result> {
  const world = new World()
  const [first] = tasks.map(({ file, dbrps = [] }) => {
    const harness = new Harness(readFileSync(join(path, file), 'utf8'), world)
    for (const { db } of dbrps) world.others.push({ db, harness })
    return harness
  })
  const get = (endpoint: string): unknown => {
    const body = world.routes.get(endpoint)
    return body && inOrder(JSON.parse(body()) as Answer)
  }
  const http: Result['http'] = {}
  for (const { write, sleep, http: request } of steps ?? [{ write: 'input.lp' }]) {
    if (write !== undefined) for (const body of bodiesOf(join(path, write))) first!.write(body)
    if (sleep !== undefined) world.clock.advance(sleep)
    const body = request && get(request.path.replace('/kapacitor/v1/tasks/@ID@/', ''))
    if (body !== undefined) http[request!.as] = { body }
    await world.settle()
  }
  return { posts: world.posts, httpOut: Object.fromEntries(httpOut.map((path) => [path, get(path)])), http }
}

/** Rows in the order in which the recorded answers have them. */
function inOrder(answer: Answer): Answer {
  const key = ({ name, tags = {} }: Row): string => JSON.stringify([name, tags])
  return { series: answer.series?.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) ?? null }
}

function bodiesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split(/^#---.*$/m) : []
}

function isLike(found: unknown, want: unknown): boolean {
  if (want === '@ANY@') return found !== undefined
  if (typeof want === 'number' && typeof found === 'number') return Math.abs(want - found) <= 1e-9 * Math.abs(want)
  if (typeof want !== 'object' || want === null || typeof found !== 'object' || found === null) return want === found
  const keys = new Set([...Object.keys(want), ...Object.keys(found)])
  return [...keys].every((key) =>
    isLike((found as Record<string, unknown>)[key], (want as Record<string, unknown>)[key])
  )
}

for (const folder of FOLDERS) {
  for (const name of readdirSync(join(CASES, folder))) {
    if (ELSEWHERE.has(name)) continue
    const path = join(CASES, folder, name)
    const one = JSON.parse(readFileSync(join(path, 'case.json'), 'utf8')) as Case
    // A case that makes its tasks by requests needs the whole server: test/conformance/server.test.ts has it.
    if (one.tasks?.length === 0) continue
    t.test(`${folder}/${name}: ${one.about}`, async (t) => {
      const want = JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8')) as Expected
      const found = await run(one, path)
      t.ok(isLike(found.posts, want.posts ?? {}), 'posts', { found: found.posts })
      t.ok(isLike(found.httpOut, want.httpOut ?? {}), 'httpOut', { found: found.httpOut })
      for (const [as, { body }] of Object.entries(found.http)) t.ok(isLike(body, want.http![as]!.body), as, { body })
    })
  }
}
