import t from 'tap'
import { loadArea, type WriteStep } from '../../conformance/case.ts'
import { Harness } from '../../support/check.ts'
import { eventually } from '../../support/eventually.ts'

interface Posted {
  readonly series: readonly { name: string; tags?: object; values?: [time: string, ...values: unknown[]][] }[]
}
type Posts = Record<string, Posted[]>

for (const { name, about, tasks, steps, expect } of loadArea('influxql')) {
  t.test(`${name}: not so that ${about}`, async (t) => {
    const [step] = steps as readonly WriteStep[]
    const harness = new Harness(tasks[0]!.script.replaceAll('@CAPTURE@', 'http://capture')).write(step!.write)
    harness.finish()
    await eventually('all answers', () => harness.ports.pendingNow === 0)
    t.same(rounded(postsOf(harness)), rounded(expect['posts'] as Posts))
  })
}

/** What was posted, by path and group. */
function postsOf({ ports }: Harness): Posts {
  const posts: Posts = {}
  for (const { url, body } of ports.requests) {
    const posted = JSON.parse(body) as Posted
    const { name, tags = {} } = posted.series[0]!
    const lane = `POST ${new URL(url).pathname} ${name} ${JSON.stringify(tags)}`
    posts[lane] = [...(posts[lane] ?? []), posted]
  }
  return posts
}

/** Twelve digits are enough: the recorded ones went through another encoder. */
function rounded(posts: Posts): unknown {
  return JSON.parse(
    JSON.stringify(posts, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(12)) : value))
  )
}
