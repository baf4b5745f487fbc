/**
 * The workloads of the load generator against the built server on a free port, with a data folder of its own.
 * Arguments go to the generator: `npm run bench -- --only mean,latency`; `--with auth,https` asks its requests for a
 * password, and serves them over TLS.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = 'root'
const PASSWORD = 'secret'

const root = join(import.meta.dirname, '../..')
const tls = join(root, 'test/fixtures/tls')
const ways: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  auth: {
    KAPOK_HTTP_AUTH_ENABLED: 'true',
    KAPOK_AUTH_ADMIN_USER: NAME,
    KAPOK_AUTH_ADMIN_PASSWORD: PASSWORD
  },
  https: {
    KAPOK_HTTP_HTTPS_ENABLED: 'true',
    KAPOK_HTTP_HTTPS_CERTIFICATE: join(tls, 'one.crt'),
    KAPOK_HTTP_HTTPS_PRIVATE_KEY: join(tls, 'one.key')
  }
}

const args = process.argv.slice(2)
const at = args.indexOf('--with')
const chosen = at < 0 ? [] : (args.splice(at, 2)[1] ?? '').split(',')
const unknown = chosen.find((name) => !(name in ways))
if (unknown !== undefined) throw new Error(`--with knows ${Object.keys(ways).join(', ')}, and not ${unknown}`)

const data = mkdtempSync(join(tmpdir(), 'kapok-bench-'))
const server = spawn(process.execPath, ['dist/src/main.js', '--bind', '127.0.0.1:0', '--data-dir', data], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'pipe'],
  env: Object.assign({}, process.env, ...chosen.map((name) => ways[name])) as NodeJS.ProcessEnv
})
const url = await new Promise<URL>((resolve, reject) => {
  let log = ''
  server.stderr.on('data', (text: Buffer) => {
    log += text.toString()
    const found = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1]
    if (found !== undefined) resolve(new URL(found))
  })
  server.once('exit', () => reject(new Error(log)))
})
if (chosen.includes('auth')) Object.assign(url, { username: NAME, password: PASSWORD })
const only = args.includes('--only') ? [] : ['--only', 'mean,filter,alert,mixed10,groups,latency']
const load = join(import.meta.dirname, 'load.mjs')
const generator = spawn(process.execPath, [load, '--target', url.href, ...only, ...args], {
  stdio: 'inherit'
})
const [code] = (await once(generator, 'exit')) as [number]
server.kill('SIGTERM')
await once(server, 'exit')
rmSync(data, { recursive: true })
process.exitCode = code
