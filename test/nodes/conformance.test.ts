import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatInstant, instantOfNanos } from '../../src/core/instant.ts'
import { LEVELS, type AlertEvent, type Level } from '../../src/model/event.ts'
import { handlerCallsOf } from '../../src/nodes/alert/handlers.ts'
import { Harness } from '../support/check.ts'
import { FakePorts } from '../support/ports.ts'
import { eventually } from '../support/eventually.ts'

// The black-box cases that need no server: one script, one input, and what it posts. All of them run against the
// server as well; here a node that answers differently is found at once.

const CASES = new URL('../conformance/cases/', import.meta.url).pathname
const FOLDERS = ['alert', 'derivative_sample_shift_state', 'eval_lambda', 'from_where_groupby', 'reshape']

/** Where Kapok answers otherwise, on purpose. */
const DIFFERENT: Readonly<Record<string, string>> = {}

interface Case {
  readonly about: string
  readonly task?: {
    readonly type?: string
    readonly script?: string
    readonly vars?: unknown
    readonly dbrps?: unknown
  }
  readonly steps?: readonly { readonly write?: string; readonly query?: string; readonly http?: unknown }[]
  readonly httpOut?: unknown
}

interface Post {
  readonly path: string
  readonly body: { series?: Series[]; id?: string; data?: { series?: Series[] } }
}

interface Series {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
}

/** Holds the state of topics, as the alert service does. */
class Topics extends FakePorts {
  readonly posts: Post[] = []
  /** URLs of the post handlers, by anonymous topic. */
  readonly urls = new Map<string, readonly string[]>()

  constructor() {
    super()
    this.events.push = (...events: AlertEvent[]): number => {
      events.forEach((event) => this.#collect(event))
      return 0
    }
    this.requests.push = (...requests): number => {
      for (const { url, body } of requests) this.posts.push({ path: url, body: JSON.parse(body) as Post['body'] })
      return 0
    }
  }

  #collect(event: AlertEvent): void {
    for (const topic of event.topics) {
      const key = `${topic} ${event.id}`
      const previous: Level = this.states.get(key)?.level ?? 0
      this.states.set(key, { level: event.level, timeNs: event.timeNs })
      for (const path of this.urls.get(topic) ?? []) this.posts.push({ path, body: bodyOf(event, previous) })
    }
  }
}

function bodyOf(event: AlertEvent, previous: Level): Post['body'] {
  return {
    id: event.id,
    message: event.message,
    details: event.details,
    time: formatInstant(instantOfNanos(event.timeNs)),
    duration: Number(event.durationNs),
    level: LEVELS[event.level],
    data: JSON.parse(event.dataJson) as Post['body'],
    previousLevel: LEVELS[previous],
    recoverable: event.recoverable
  } as Post['body']
}

for (const folder of FOLDERS) {
  for (const name of readdirSync(join(CASES, folder))) {
    const path = join(CASES, folder, name)
    const one = JSON.parse(readFileSync(join(path, 'case.json'), 'utf8')) as Case
    if (!suits(one) || name in DIFFERENT) continue
    t.test(`${folder}/${name}: ${one.about}`, async (t) => {
      const want = JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8').replaceAll('@ID@', 'task')) as {
        posts?: Record<string, unknown[]>
      }
      const posts = await run(one, path)
      t.strictSame(Object.keys(posts).sort(), Object.keys(want.posts ?? {}).sort(), 'lanes')
      for (const [lane, bodies] of Object.entries(want.posts ?? {}))
        t.ok(isLike(posts[lane], bodies), lane, { found: posts[lane], bodies })
    })
  }
}

function suits({ task, steps = [], httpOut }: Case): boolean {
  const isPlain =
    task !== undefined &&
    (task.type ?? 'stream') === 'stream' &&
    task.vars === undefined &&
    task.dbrps === undefined &&
    httpOut === undefined
  return isPlain && steps.every(({ http, query }) => http === undefined && query === undefined)
}

async function run({ task, steps }: Case, path: string): Promise<Record<string, unknown[]>> {
  const file = join(path, 'task.tick')
  const script = task?.script ?? (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const ports = new Topics()
  const harness = new Harness(script.replaceAll('@CAPTURE@', '').replaceAll('@DB@', 'db'), ports)
  for (const node of harness.graph.graph.nodes) {
    const urls = handlerCallsOf(node).flatMap(({ options }) => (options['urls'] as string[] | undefined) ?? [])
    ports.urls.set(`main:task:${node.name}`, urls)
  }
  for (const { write } of steps ?? [{ write: 'input.lp' }]) {
    if (write === undefined) continue
    for (const body of readFileSync(join(path, write), 'utf8').split(/^#---.*$/m)) harness.write(body)
  }
  // Requests follow one another.
  await eventually('all answers', () => ports.pendingNow === 0)
  return arrange(ports.posts)
}

/** By path and group, in order; as `conformance/run.mjs` does. */
function arrange(posts: readonly Post[]): Record<string, unknown[]> {
  const lanes: Record<string, unknown[]> = {}
  for (const { path, body } of posts) {
    const series = body.series?.[0] ?? body.data?.series?.[0]
    const group = series === undefined ? '' : `${series.name} ${JSON.stringify(series.tags ?? {})}`
    ;(lanes[`POST ${path} ${body.id === undefined ? group : `id=${body.id}`}`] ??= []).push(body)
  }
  return lanes
}

function isLike(found: unknown, want: unknown): boolean {
  if (want === '@ANY@') return found !== undefined
  if (typeof want === 'number' && typeof found === 'number') {
    return want === found || Math.abs(want - found) <= 1e-9 * Math.max(1, Math.abs(want), Math.abs(found))
  }
  if (typeof want !== 'object' || want === null || typeof found !== 'object' || found === null) return want === found
  const keys = new Set([...Object.keys(want), ...Object.keys(found)])
  return [...keys].every((key) =>
    isLike((found as Record<string, unknown>)[key], (want as Record<string, unknown>)[key])
  )
}
