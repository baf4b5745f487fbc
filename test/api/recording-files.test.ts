import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { startHarness } from './harness.ts'

const IMPORT = '/kapok/v1/recordings/import?format=line-protocol&db=d&rp=r'

t.test('a file longer than recordings.max-import-bytes is refused with 413, and nothing of it is kept', async (t) => {
  const { app } = await startHarness(t)
  const text = 'm v=1 1\n'.repeat(125_001)
  for (const payload of [text, Readable.from([text.slice(0, 500_000), text.slice(500_000)])]) {
    const answer = await app.inject({ method: 'POST', url: IMPORT, payload })
    t.equal(answer.statusCode, 413)
    t.match(answer.body, /a file to be imported may have 1000000 bytes \(recordings\.max-import-bytes\)/)
  }
  t.strictSame(readdirSync(join(t.testdirName, 'recordings')), [])
})
