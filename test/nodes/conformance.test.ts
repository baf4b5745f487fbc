import t from 'tap'
import { TopicEvent } from '../../src/alert/handlers/topic-event.ts'
import { Topic } from '../../src/alert/topic.ts'
import type { AlertEvent } from '../../src/model/event.ts'
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

/** What the post handlers of topics send. @param urls Their URLs, by topic. */
function postsOf(events: readonly AlertEvent[], urls: ReadonlyMap<string, readonly string[]>): Post[] {
  const topics = new Map<string, Topic>()
  return events.flatMap((event) =>
    event.topics.flatMap((id) => {
      const topic = topics.get(id) ?? new Topic(id)
      topics.set(id, topic)
      const previousLevel = topic.findState(event.id)?.level ?? 0
      topic.collect(event)
      const { json } = new TopicEvent(event, id, previousLevel, [])
      return (urls.get(id) ?? []).map((path) => ({ path, body: JSON.parse(json) as Post['body'] }))
    })
  )
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
  const ports = new FakePorts()
  const urls = new Map<string, readonly string[]>()
  const harness = new Harness(tasks[0]!.script.replaceAll('@CAPTURE@', '').replaceAll('@DB@', 'db'), ports)
  for (const node of harness.graph.graph.nodes) {
    const ofNode = handlerCallsOf(node).flatMap(({ options }) => (options['urls'] as string[] | undefined) ?? [])
    urls.set(`main:task:${node.name}`, ofNode)
  }
  for (const step of steps) {
    if ('write' in step) for (const body of bodiesOf(step.write)) harness.write(body)
  }
  // Requests follow one another.
  await eventually('all answers', () => ports.pendingNow === 0)
  const requests = ports.requests.map(({ url, body }) => ({ path: url, body: JSON.parse(body) as Post['body'] }))
  const posts = [...postsOf(ports.events, urls), ...requests]
  return arrange(
    posts.map((post) => ({ ...post, method: 'POST', headers: {} })),
    {}
  )
}
