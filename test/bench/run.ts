/**
 * The workloads of the load generator against the built server on a free port, with a data folder of its own.
 * Arguments go to the generator: `npm run bench -- --only mean,latency`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const data = mkdtempSync(join(tmpdir(), 'kapok-bench-'))
const server = spawn(process.execPath, ['dist/src/main.js', '--bind', '127.0.0.1:0', '--data-dir', data], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'pipe']
})
const url = await new Promise<string>((resolve, reject) => {
  let log = ''
  server.stderr.on('data', (text: Buffer) => {
    log += text.toString()
    const found = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1]
    if (found !== undefined) resolve(found)
  })
  server.once('exit', () => reject(new Error(log)))
})
const only = process.argv.includes('--only') ? [] : ['--only', 'mean,filter,alert,mixed10,groups,latency']
const load = join(import.meta.dirname, 'load.mjs')
const generator = spawn(process.execPath, [load, '--target', url, ...only, ...process.argv.slice(2)], {
  stdio: 'inherit'
})
const [code] = (await once(generator, 'exit')) as [number]
server.kill('SIGTERM')
await once(server, 'exit')
rmSync(data, { recursive: true })
process.exitCode = code
