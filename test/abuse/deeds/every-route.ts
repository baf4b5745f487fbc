import { Agent, request } from 'node:http'
import { Random } from '../../support/random.ts'
import { clientOf } from '../../support/client.ts'
import type { Deed } from '../abuse.ts'
import { type Request, randomRequest, type Routes } from '../requests.ts'
import { AS_ADMIN, WITH_ADMIN } from '../../support/admin.ts'

/** Ten minutes are the full measure: ABUSE_SECONDS=600. */
const SECONDS = Number(process.env['ABUSE_SECONDS'] ?? '20')
const SEED = Number(process.env['ABUSE_SEED'] ?? '1')
const CLIENTS = 8
const TIMEOUT_MS = 10_000
const SHOWN = 25
/** What may be said to a stranger: that it is one, or that the request is none. OPTIONS tells everybody the methods. */
const STRANGERS = [301, 400, 401, 403, 404, 405, 413, 414, 415, 429, 431]
/** What Kapacitor says with 500, though the client is wrong; Kapok says the same. */
const KAPACITORS_500 =
  /"error": ?"(error finding recording: no recording exists|failed to create (user|handler|new (task during|template for) ID change): )/
const LEAKS = /TypeError|RangeError|Cannot read|is not a function|\[object|\bat .*\.[jt]s:|node_modules|ECONN|duckdb/i

interface Answer {
  readonly status: number
  readonly text: string
}

export default {
  name: 'every-route',
  what: `random requests to every route for ${SECONDS} s, by strangers and by holders of every scope`,
  isShort: true,
  ...AS_ADMIN,
  environment: {
    // Otherwise most answers are that there were too many.
    KAPOK_HTTP_MAX_EXPENSIVE_REQUESTS: '0',
    ...WITH_ADMIN
  },
  async run(scene) {
    const admin = clientOf(scene.url, AS_ADMIN)
    const routes = Object.entries((await admin('GET /:routes')).body) as Routes
    const callers: (string | undefined)[] = [undefined, 'Bearer nope', 'Basic !!', 'Token ']
    for (const scope of [
      'read',
      'write:d',
      'tasks',
      'alerts',
      'notify',
      'silences',
      'config',
      ...Array.from({ length: 8 }, () => 'admin')
    ]) {
      const { token } = (await admin('POST /kapok/v1/tokens', { name: scope, scopes: [scope] })).body
      callers.push(`Bearer ${String(token)}`)
    }
    const strangers = 4
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    const wrong = new Map<string, string>()
    const statuses: Record<string, number> = {}
    const random = new Random(SEED)
    const end = performance.now() + SECONDS * 1000
    const client = async (): Promise<void> => {
      while (performance.now() < end) {
        const asked = randomRequest(random, routes)
        const caller = random.int(callers.length)
        const answer = await ask(scene.url, asked, callers[caller], agent)
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        const problem = problemOf(answer, caller < strangers && asked.method !== 'OPTIONS')
        if (problem === undefined) continue
        const where = `${asked.method} ${asked.path.split('?')[0]!.slice(0, 60)} ${answer.status} ${problem}`
        if (!wrong.has(where)) wrong.set(where, `${asked.path.slice(0, 150)} ${String(asked.body ?? '').slice(0, 200)}`)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    agent.destroy()
    console.log(`      answers by status: ${JSON.stringify(statuses)}`)
    if (wrong.size === 0) return undefined
    const told = [...wrong].slice(0, SHOWN).map(([where, example]) => `${where}\n          ${example}`)
    return [`${wrong.size} kinds of answers that may not be:`, ...told].join('\n        ')
  }
} satisfies Deed

function problemOf({ status, text }: Answer, isStranger: boolean): string | undefined {
  if (isStranger && !STRANGERS.includes(status)) return `to a stranger: ${text.slice(0, 100)}`
  if (status === 0) return text
  if (status >= 500 && !KAPACITORS_500.test(text)) return `is an error of the server: ${text.slice(0, 100)}`
  return status >= 400 && LEAKS.test(text) ? `says ${text.slice(0, 200)}` : undefined
}

function ask(url: string, asked: Request, authorization: string | undefined, agent: Agent): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const headers = {
    ...asked.headers,
    // Node leaves the length out where a body is unusual, as with DELETE.
    ...(asked.body !== undefined && { 'content-length': Buffer.byteLength(asked.body) }),
    ...(authorization !== undefined && { authorization })
  }
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve({ status: 0, text: `no answer: ${error.message}` })
    const { method, path } = asked
    const sent = request({ hostname, port, method, path, headers, agent, timeout: TIMEOUT_MS }, (answer) => {
      let text = ''
      // Some answers never end: logs that are followed.
      const isEndless = path.includes('/logs')
      if (isEndless) resolve({ status: answer.statusCode ?? 0, text: '' })
      if (isEndless) answer.on('error', () => undefined).destroy()
      answer.setEncoding('utf8').on('data', (part: string) => text.length < 1000 && (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text })).on('error', failed)
    })
    sent.on('timeout', () => sent.destroy(new Error(`nothing for ${TIMEOUT_MS} ms`))).on('error', failed)
    sent.end(asked.body)
  })
}
