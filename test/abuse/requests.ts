import { gzipSync } from 'node:zlib'
import type { Random } from '../support/random.ts'

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Routes of a server, as `GET /kapacitor/v1/:routes` tells them, each with its methods. */
export type Routes = readonly (readonly [route: string, methods: readonly string[]])[]

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']
const IDS = ['a', 'b', 'c', 'nope', 'x%2Fy', '%00', '%', '..', '%2e%2e%2f', 'é', '__proto__', '*', ' ', '1', '-1', '1e9', 'x'.repeat(3000), 'slack', 'smtp', 'httppost', 'kapacitor', 't:a'] // prettier-ignore
const PARAMETERS = ['db', 'rp', 'precision', 'id', 'pattern', 'fields', 'offset', 'limit', 'dot-view', 'script-format', 'replay-id', 'task', 'min-level', 'format', 'type', 'start', 'stop', 'query', 'u', 'p', 'from', 'to', 'level', 'topic', 'handler', 'since', 'before', 'after', 'name', 'bucket', 'org', 'consistency', 'user', 'q'] // prettier-ignore
const MEMBERS = ['id', 'type', 'dbrps', 'script', 'status', 'vars', 'template-id', 'kind', 'options', 'match', 'task', 'recording', 'query', 'cluster', 'clock', 'recording-time', 'start', 'stop', 'name', 'password', 'permissions', 'scopes', 'expires-in', 'set', 'delete', 'add', 'remove', 'element', 'from', 'date', 'host', 'title', 'message', 'level', 'routes', 'info', 'stats', 'transports', 'if', 'disabled', 'url', 'path', 'action', 'method', 'tasks', 'tokens', 'limit', 'format', 'params'] // prettier-ignore
const SCRIPTS = ["stream|from()|httpOut('o')", "stream|from()|alert().crit(lambda: TRUE).topic('t')", "dbrp \"d\".\"r\"\nstream|from()|log()", 'var x int\nstream|from()|shift(1s)', 'stream', 'nope(', "stream|from()|window().period(1s).every(1s)|mean('v')"] // prettier-ignore
const VALUES: readonly unknown[] = [null, true, 0, -1, 1.5, 1e308, '', 'a', 'b', 't', 'stream', 'batch', 'enabled', 'disabled', 'log', 'publish', 'post', 'x'.repeat(5000), [], {}, [[[]]], ['a'], ['read'], ['api'], [{ db: 'd', rp: 'r' }], { x: { type: 'int', value: 1 } }, { path: '/tmp/kapok-abuse.log' }, { url: 'http://127.0.0.1:1/' }, { topics: ['t'] }, '10s', '-1s', '2020-01-01T00:00:00Z', 'WARNING', '\u0000', '<b>', "'; DROP TABLE x", 'SELECT 1', 'SELECT * FROM "d"."r"."m"', '${HOME}', '../../etc/passwd', { a: [{ b: null }] }] // prettier-ignore
const TEXTS = ['', '{', 'null', '[]', '{"id":', '['.repeat(20_000), '{"a":'.repeat(5000), '\ufeff{}', '{"__proto__":{"x":1}}', 'm v=1 1', 'm v=', 'm,h=a v=1i 1\nm v="x', '\u0000', '%'.repeat(1000), '---\na: &a [*a]', '<?xml version="1.0"?>'] // prettier-ignore
const TYPES = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/yaml', 'x', ''] // prettier-ignore

/** A request that a client, a mistaken one or a malicious one may make: mostly of a route that there is. */
export function randomRequest(random: Random, routes: Routes): Request {
  const [route, methods] = random.pick(routes)
  const path = route
    .replace(/:\w+/g, () => random.pick(IDS))
    .replace(/\/$/, () => `/${random.some(IDS.slice(0, 4), 0.4).join('/')}`)
  const method = random.chance(0.9) ? random.pick(methods) : random.pick(METHODS)
  const query = random.some(PARAMETERS, 0.06).map((name) => `${name}=${encodeURIComponent(text(random))}`)
  const target = encodeURI(decode(path)) + (query.length === 0 ? '' : `?${query.join('&')}`)
  return { method, path: random.chance(0.9) ? target : random.pick(['/', '//', `/%${target}`, `${target}/`, '/kapacitor/v1', `/kapok/v1${target}`]), ...content(random, method) } // prettier-ignore
}

function content(random: Random, method: string): Pick<Request, 'headers' | 'body'> {
  if (method === 'GET' || method === 'HEAD' || method === 'TRACE') return { headers: {} }
  const type = random.chance(0.7) ? 'application/json' : random.pick(TYPES)
  const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
  const body = random.chance(0.75) ? JSON.stringify(members(random)) : random.pick(TEXTS)
  if (random.chance(0.9)) return { headers, body }
  headers['content-encoding'] = random.pick(['gzip', 'gzip', 'br', 'x'])
  return { headers, body: random.chance(0.5) ? gzipSync(body) : Buffer.from(body) }
}

function members(random: Random): unknown {
  if (random.chance(0.1)) return [{ op: random.pick(['add', 'replace', 'x']), path: '/options', value: random.pick(VALUES) }] // prettier-ignore
  const chosen = random.some(MEMBERS, 0.12).map((name) => [name, random.pick(VALUES)] as const)
  const usual = { id: random.pick(['a', 'b', 'c']), dbrps: [{ db: 'd', rp: 'r' }], script: random.pick(SCRIPTS) }
  return { ...(random.chance(0.5) && usual), ...Object.fromEntries(chosen) }
}

function text(random: Random): string {
  return random.chance(0.4) ? random.pick(['d', 'r', 'a', '1', 's', '*']) : JSON.stringify(random.pick(VALUES))
}

/** What names of paths are, where they are well escaped. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
