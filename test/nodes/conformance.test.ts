import t from 'tap'
import { formatInstant, instantOfNanos } from '../../src/core/instant.ts'
import { LEVELS, type AlertEvent, type Level } from '../../src/model/event.ts'
import { handlerCallsOf } from '../../src/nodes/alert/handlers.ts'
import { loadArea, type ConformanceCase } from '../conformance/case.ts'
import { difference } from '../conformance/difference.ts'
import { arrange } from '../conformance/result.ts'
import { bodiesOf } from '../conformance/run-case.ts'
import { Harness } from '../support/check.ts'
import { FakePorts } from '../support/ports.ts'
import { eventually } from '../support/eventually.ts'

// The black-box cases that need no server: one script, one input, and what it posts. All of them run against the
// server as well; here a node that answers differently is found at once.

const AREAS = ['alert', 'derivative_sample_shift_state', 'eval_lambda', 'from_where_groupby', 'reshape']

/** Where Kapok answers otherwise, on purpose. */
const DIFFERENT: Readonly<Record<string, string>> = {}

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

for (const stored of AREAS.flatMap(loadArea)) {
  const { area, name, about, expect } = stored
  if (!suits(stored) || name in DIFFERENT) continue
  t.test(`${area}/${name}: ${about}`, async (t) => {
    const want = JSON.parse(JSON.stringify(expect).replaceAll('@ID@', 'task')) as { posts?: Record<string, unknown[]> }
    const posts = await run(stored)
    t.strictSame(Object.keys(posts).sort(), Object.keys(want.posts ?? {}).sort(), 'lanes')
    for (const [lane, bodies] of Object.entries(want.posts ?? {})) {
      t.equal(difference(bodies, posts[lane]), undefined, lane, { found: posts[lane], bodies })
    }
  })
}

function suits({ tasks, steps, httpOut }: ConformanceCase): boolean {
  const [task, ...others] = tasks
  const isPlain =
    task !== undefined &&
    others.length === 0 &&
    (task.type ?? 'stream') === 'stream' &&
    task.vars === undefined &&
    task.dbrps === undefined &&
    httpOut === undefined
  return isPlain && steps.every((step) => !('http' in step) && !('write' in step && step.query !== undefined))
}

async function run({ tasks, steps }: ConformanceCase): Promise<Record<string, unknown[]>> {
  const ports = new Topics()
  const harness = new Harness(tasks[0]!.script.replaceAll('@CAPTURE@', '').replaceAll('@DB@', 'db'), ports)
  for (const node of harness.graph.graph.nodes) {
    const urls = handlerCallsOf(node).flatMap(({ options }) => (options['urls'] as string[] | undefined) ?? [])
    ports.urls.set(`main:task:${node.name}`, urls)
  }
  for (const step of steps) {
    if ('write' in step) for (const body of bodiesOf(step.write)) harness.write(body)
  }
  // Requests follow one another.
  await eventually('all answers', () => ports.pendingNow === 0)
  return arrange(
    ports.posts.map((post) => ({ ...post, method: 'POST', headers: {} })),
    {}
  )
}
