import t from 'tap'
import type { HttpRequest } from '../../src/graph/ports.ts'
import { formatPoint } from '../../src/lineproto/format.ts'
import type { Point } from '../../src/model/point.ts'
import type { StreamSource } from '../../src/nodes/stream.ts'
import { loadArea, type ConformanceCase } from '../conformance/case.ts'
import { difference } from '../conformance/difference.ts'
import { sortSeries } from '../conformance/result.ts'
import { bodiesOf } from '../conformance/run-case.ts'
import { Harness } from '../support/check.ts'
import { FakePorts } from '../support/ports.ts'
import { stage } from '../support/text.ts'
import { eventually } from '../support/eventually.ts'

// Black-box cases of nodes that need a clock, an HTTP peer, httpOut or several tasks, but no server: the clock is
// turned by hand, and loopback leads into the other tasks of the case. All of them run against the server as well.

const AREAS = ['window', 'join_union', 'http_log_stats_barrier', 'loopback']
/** Judged elsewhere: posts of an alert, and the answer to a definition. */
const ELSEWHERE = new Set([
  'deadman_fires_once',
  'log_lines_of_batches',
  'log_lines_of_points',
  'log_lines_of_starts_and_stops',
  'loopback_to_itself_is_refused'
])

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
    const columns = stage(formatPoint(point) as string, database, retentionPolicy)
    for (const { db, harness } of this.others) {
      if (db === database) (harness.graph.sources[0] as StreamSource).readColumns(columns)
    }
  }
}

async function run({ tasks, steps, httpOut = [] }: ConformanceCase): Promise<Result> {
  const world = new World()
  const [first] = tasks.map(({ script, dbrps = [] }) => {
    const harness = new Harness(script, world)
    for (const { db } of dbrps) world.others.push({ db, harness })
    return harness
  })
  const get = (endpoint: string): unknown => {
    const body = world.routes.find('task', endpoint)
    return body && sortSeries(JSON.parse(body()))
  }
  const http: Result['http'] = {}
  for (const step of steps) {
    if ('write' in step) for (const body of bodiesOf(step.write)) first!.write(body)
    if ('sleep' in step) world.clock.advance(step.sleep)
    const body = 'http' in step ? get(step.http.path.replace('/kapacitor/v1/tasks/@ID@/', '')) : undefined
    if ('http' in step && body !== undefined) http[step.http.as!] = { body }
    await world.settle()
  }
  return { posts: world.posts, httpOut: Object.fromEntries(httpOut.map((path) => [path, get(path)])), http }
}

for (const stored of AREAS.flatMap(loadArea)) {
  // A case that makes its tasks by requests needs the whole server: test/conformance/server.test.ts has it.
  if (ELSEWHERE.has(stored.name) || stored.tasks.length === 0) continue
  t.test(`${stored.area}/${stored.name}: ${stored.about}`, async (t) => {
    const want = stored.expect as Expected
    const found = await run(stored)
    t.equal(difference(want.posts ?? {}, found.posts), undefined, 'posts', { found: found.posts })
    t.equal(difference(want.httpOut ?? {}, found.httpOut), undefined, 'httpOut', { found: found.httpOut })
    for (const [as, { body }] of Object.entries(found.http)) {
      t.equal(difference(want.http![as]!.body, body), undefined, as, { body })
    }
  })
}
