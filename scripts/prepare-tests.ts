/**
 * What `npm test` needs before the first test. The program is built, so that tests which start it again and again do
 * so quickly. The runner is built anew where its plugins are not those of `.taprc`: it would do so itself, but not
 * before it has started, and then run every test of that time through TypeScript's compiler, which takes thrice as long.
 */
import { spawnSync } from 'node:child_process'
import { rmSync, utimesSync } from 'node:fs'
import { t } from 'tap'

t.setTimeout(0) // This is no test, and may take its time.
const started = new Date()
// Mistakes of types do not keep it from writing what runs; `npm run typecheck` is there to tell them.
run('tsc', '-p', 'tsconfig.build.json')
utimesSync('dist/.tsbuildinfo', started, started)

rmSync('.tap/covered', { recursive: true, force: true })

if (t.pluginSignature.includes('@tapjs/typescript')) process.exitCode = run('tap', 'build') ?? 1

function run(command: string, ...args: string[]): number | null {
  return spawnSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' }).status
}
