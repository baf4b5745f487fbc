/**
 * What users and HTTPS cost: the same points to servers without either, with a password, and with a password over TLS, over
 * connections that are kept, in turns of a second or so. Prints the CPU time of each server's process, all threads, in
 * seconds per million points. A shared machine goes at several speeds: the least of many turns is what compares.
 * `npm run bench:locks [-- --rounds 15] [--points 500000]`.
 */
import { readFileSync, readdirSync, mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Program, startProgram } from '../support/program.ts'
import { makeBodies, scripts } from './workload.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, points: { type: 'string', default: '500000' } }
})
const rounds = Number(values.rounds)
const points = Number(values.points)
const WRITERS = 2

const CREDENTIALS = 'root:secret'
const USERS = {
  KAPOK_HTTP_AUTH_ENABLED: 'true',
  KAPOK_AUTH_ADMIN_USER: 'root',
  KAPOK_AUTH_ADMIN_PASSWORD: 'secret'
}
const tls = join(import.meta.dirname, '../fixtures/tls')
const TLS = {
  KAPOK_HTTP_HTTPS_ENABLED: 'true',
  KAPOK_HTTP_HTTPS_CERTIFICATE: join(tls, 'one.crt'),
  KAPOK_HTTP_HTTPS_PRIVATE_KEY: join(tls, 'one.key')
}
const ways: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  open: {},
  users: USERS,
  'users, HTTPS': { ...USERS, ...TLS }
}

/** A server, the way to it over kept connections, and what each turn cost. */
interface Contestant {
  readonly name: string
  readonly program: Program
  call(method: string, path: string, body?: string | Buffer): Promise<string>
  readonly cost: number[]
}

interface TaskAnswer {
  readonly stats: { readonly 'node-stats': Readonly<Record<string, Readonly<Record<string, number>>>> }
}

const ends: (() => unknown)[] = []
const folder = mkdtempSync(join(tmpdir(), 'kapok-locks-'))
try {
  const contestants: Contestant[] = []
  for (const [name, environment] of Object.entries(ways)) contestants.push(await start(name, environment))
  const bodies = makeBodies(points, 100)
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of contestants) {
      const cost = await turn(contestant, bodies, points * (round + 1))
      if (round > 0) contestant.cost.push(cost) // The first turn warms up.
    }
  }
  const least = Math.min(...contestants[0]!.cost)
  for (const { name, cost } of contestants) {
    const sorted = cost.toSorted((a, b) => a - b)
    const percent = ((sorted[0]! / least - 1) * 100).toFixed(1)
    const figures = `least ${sorted[0]!.toFixed(3)}, median ${sorted[sorted.length >> 1]!.toFixed(3)}`
    console.log(`${name.padEnd(13)} ${figures} CPU s per million points; least is ${percent} % over open's`)
  }
} finally {
  for (const end of ends) end()
  await delay(100)
  rmSync(folder, { recursive: true, force: true })
}

async function start(name: string, environment: Readonly<Record<string, string>>): Promise<Contestant> {
  const program = await startProgram({ teardown: (end) => ends.push(end) }, join(folder, name), environment)
  const { request, Agent } = program.url.startsWith('https:') ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * WRITERS, rejectUnauthorized: false })
  const auth = 'KAPOK_HTTP_AUTH_ENABLED' in environment ? CREDENTIALS : null
  const call: Contestant['call'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const outgoing = request(`${program.url}${path}`, { method, agent, auth }, (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
        answer.on('end', () => (answer.statusCode! < 300 ? resolve(text) : reject(new Error(`${path}: ${text}`))))
      })
      outgoing.on('error', reject)
      if (body !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(body))
      outgoing.end(body)
    })
  const task = { id: 'mean', type: 'stream', dbrps: [{ db: 'd', rp: 'r' }], script: scripts.mean, status: 'enabled' }
  await call('POST', '/kapacitor/v1/tasks', JSON.stringify(task))
  return { name, program, call, cost: [] }
}

/** Sends the bodies, waits until the task has collected them. @returns CPU seconds per million points. */
async function turn({ program, call }: Contestant, bodies: readonly Buffer[], collected: number): Promise<number> {
  const before = cpuSeconds(program.pid)
  let next = 0
  const write = async (): Promise<void> => {
    while (next < bodies.length) await call('POST', '/kapacitor/v1/write?db=d&rp=r', bodies[next++])
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
  while ((await collectedBy(call)) < collected) await delay(10)
  return ((cpuSeconds(program.pid) - before) / points) * 1e6
}

/** @returns How many points the task has collected so far. */
async function collectedBy(call: Contestant['call']): Promise<number> {
  const task = JSON.parse(await call('GET', '/kapacitor/v1/tasks/mean')) as TaskAnswer
  return task.stats['node-stats']['from1']!['collected']!
}

/** CPU time of all threads of a process so far: the kernel's nanoseconds, whose ticks of 10 ms are too coarse here. */
function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0])
  )
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e9
}
