import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { Harness } from '../../support/check.ts'
import { eventually } from '../../support/eventually.ts'

/** Answers of Kapacitor 1.5.7, recorded by test/conformance/run.mjs. */
const folder = new URL('../../conformance/cases/influxql/', import.meta.url)

interface Posted {
  readonly series: readonly { name: string; tags?: object; values?: [time: string, ...values: unknown[]][] }[]
}
type Posts = Record<string, Posted[]>

for (const name of readdirSync(folder)) {
  const read = (file: string): string => readFileSync(new URL(`${name}/${file}`, folder), 'utf8')
  const { about } = JSON.parse(read('case.json')) as { about: string }

  t.test(`${name}: not so that ${about}`, async (t) => {
    const { posts } = JSON.parse(read('expected.json')) as { posts: Posts }
    const harness = new Harness(read('task.tick').replaceAll('@CAPTURE@', 'http://capture')).write(read('input.lp'))
    harness.finish()
    await eventually('all answers', () => harness.ports.pendingNow === 0)
    t.same(rounded(postsOf(harness)), rounded(posts))
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
