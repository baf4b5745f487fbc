import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { testServer } from '../support/server.ts'

/** The commands of the README that talk to a server, in order. */
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
const curls = blocks.filter((text) => text.startsWith('curl'))

t.test('every command of the README does what it says', async (t) => {
  const server = await testServer(t)
  const outputs: string[] = []
  for (const block of curls) {
    const script = block.replaceAll('localhost:9092', new URL(server.url).host)
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script])
    t.notMatch(stdout, /"error": "[^"]/, script)
    outputs.push(stdout)
  }
  t.ok(curls.length >= 2)
  t.match(outputs.join('\n'), /"id": "web-1"[\s\S]*"level": "CRITICAL"/)
  t.notMatch(outputs.join('\n'), /"id": "web-2"/)
  await server.close()
})

t.test('the README names the commands that package.json has', (t) => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, name] of readme.matchAll(/npm run ([a-z:]+)/g)) t.ok(name! in scripts, name!)
  t.end()
})
