import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { testServer } from '../support/server.ts'

/** The commands of a page that talk to a server, in order. */
function curlsOf(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .map(([, block]) => block!)
    .filter((block) => block.startsWith('curl'))
}

/** Runs them; an answer that is an error fails. */
async function run(blocks: readonly string[], url: string): Promise<string[]> {
  const outputs: string[] = []
  for (const block of blocks) {
    const commands = block.replaceAll('localhost:9092', new URL(url).host)
    const script = `curl() { command curl --fail-with-body "$@"; }\n${commands}`
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script])
    outputs.push(stdout)
  }
  return outputs
}

t.test('every command of the README does what it says', async (t) => {
  const server = await testServer(t)
  const outputs = (await run(curlsOf('README.md'), server.url)).join('\n')
  t.match(outputs, /"id": "web-1"[\s\S]*"level": "CRITICAL"/)
  t.notMatch(outputs, /"id": "web-2"/)
})

t.test('every command of the page about alerts does what it says', async (t) => {
  const server = await testServer(t)
  await run(curlsOf('README.md'), server.url)
  const [handler, test, waiting, tried, letters, history] = await run(curlsOf('docs/alerts.md'), server.url)
  t.match(JSON.parse(handler!), { id: 'ops', kind: 'post' })
  t.match(test, /"success":false/)
  t.match(waiting, /"handler": "ops"[\s\S]*"pending": 1[\s\S]*"id": "db-1"/)
  t.match(tried, /"dropped": 1/)
  t.match(letters, /"total": 0[\s\S]*"redelivered": 0/)
  t.match(history, /"id": "db-1"[\s\S]*"status": "dropped"/)
})

t.test('every command of the page about filters and routes does what it says', async (t) => {
  const server = await testServer(t)
  const [alerts, route, , trial, , status] = await run(curlsOf('docs/filters-and-routes.md'), server.url)
  t.match(alerts, /the nightly backup failed/)
  t.match(route, /#ops/)
  t.notMatch(route, /hook/)
  t.match(trial, /several things are wrong/)
  t.match(JSON.parse(status!), {})
})

t.test('every command of the page about recordings does what it says', async (t) => {
  const server = await testServer(t)
  await run(curlsOf('README.md'), server.url)
  const [recorded, imported, replayed, backtest, look] = await run(curlsOf('docs/recordings.md'), server.url)
  t.match(recorded, /"id": "night"/)
  t.match(imported, /"id": "incident"/)
  t.match(replayed, /"id": "again"/)
  t.match(JSON.parse(backtest!), { points: 4, before: { transitions: 3 }, after: { transitions: 1 }, same: 1 })
  t.match(look, /"web-1"/)
  t.match(look, /2020-01-01T00:00:10/)
})

t.test('the README names the commands that package.json has', (t) => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, name] of readFileSync(new URL('../../README.md', import.meta.url), 'utf8').matchAll(
    /npm run ([a-z:]+)/g
  ))
    t.ok(name! in scripts, name!)
  t.end()
})
