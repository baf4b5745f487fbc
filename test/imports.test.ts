import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import t from 'tap'

const root = process.cwd()

/** Packages that a file loads at once, by itself or through what it imports; those behind `await import` are not. */
function packagesOf(entry: string): string[] {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, type, from] of text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"]*?from\s+)?'([^']+)'/gm)) {
      if (type !== undefined || from!.startsWith('node:')) continue
      if (from!.startsWith('.')) visit(resolve(dirname(file), from!))
      else packages.add(from!)
    }
  }
  visit(resolve(root, entry))
  return [...packages].sort()
}

const CLIENTS = ['@platformatic/kafka', 'mqtt', 'net-snmp', 'nodemailer']
const SERVER = ['ajv', 'fastify', 'pino', 'piscina', 'prom-client']

t.test('a shard thread loads no client of alert handlers, and nothing of the server', (t) => {
  const unwanted = {
    'src/nodes/index.ts': [...CLIENTS, ...SERVER, '@duckdb/node-api'],
    'workers/shard.ts': [...CLIENTS, ...SERVER]
  }
  for (const [entry, names] of Object.entries(unwanted)) {
    const loaded = packagesOf(entry)
    t.ok(loaded.includes('re2js'), entry)
    t.strictSame(
      loaded.filter((name) => names.includes(name)),
      [],
      entry
    )
  }
  t.end()
})

t.test('the server loads the clients of alert handlers only when one is used', (t) => {
  const loaded = packagesOf('src/main.ts')
  t.ok(loaded.includes('fastify'))
  t.strictSame(
    loaded.filter((name) => CLIENTS.includes(name)),
    []
  )
  t.end()
})
