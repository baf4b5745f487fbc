/**
 * What `npm test` needs before the first test. The program is built, so that tests which start it again and again do
 * so quickly. Tests and sources become JavaScript that Node reads as it is (scripts/stripped-tests.ts). What was
 * measured of an earlier run goes.
 */
import { spawnSync } from 'node:child_process'
import { rmSync, utimesSync } from 'node:fs'
import { writeStrippedTests } from './stripped-tests.ts'

const started = new Date()
// Mistakes of types do not keep it from writing what runs; `npm run typecheck` is there to tell them.
spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
utimesSync('dist/.tsbuildinfo', started, started)

writeStrippedTests()
rmSync('.tap/covered', { recursive: true, force: true })
