import { readFileSync } from 'node:fs'
import t from 'tap'
import { VERSION } from '../../src/core/version.ts'

t.test("the version is the package's", async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.equal(VERSION, version)
})
