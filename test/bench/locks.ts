/**
 * What users and HTTPS cost: the same points to servers without either, with a password, and with a password over TLS, over
 * connections that are kept, in turns of a second or so. Prints the CPU time of each server's process, all threads, in
 * seconds per million points. A shared machine goes at several speeds, and V8 makes faster code in one process than in
 * another of the same program, by a third: the least of many turns of several servers each is what compares.
 * `npm run bench:locks [-- --starts 6] [--rounds 8] [--points 500000]`.
 */
import { readFileSync, readdirSync, mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Owner, type Program, startProgram } from '../support/program.ts'
import { makeBodies, scripts } from './workload.ts'

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '8' },
    points: { type: 'string', default: '500000' }
  }
})
const starts = Number(values.starts)
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

/** A server, and the way to it over kept connections. */
interface Contestant {
  readonly name: string
  readonly program: Program
  call(method: string, path: string, body?: string | Buffer): Promise<string>
}

interface TaskAnswer {
  readonly stats: { readonly 'node-stats': Readonly<Record<string, Readonly<Record<string, number>>>> }
}

const bodies = makeBodies(points, 100)
/** What each turn cost, by the way. */
const costs = new Map(Object.keys(ways).map((name) => [name, [] as number[]]))
for (let round = 0; round < starts; round++) await compete()
const least = Math.min(...costs.get('open')!)
for (const [name, cost] of costs) {
  const sorted = cost.toSorted((a, b) => a - b)
  const percent = ((sorted[0]! / least - 1) * 100).toFixed(1)
  const figures = `least ${sorted[0]!.toFixed(3)}, median ${sorted[sorted.length >> 1]!.toFixed(3)}`
  console.log(`${name.padEnd(13)} ${figures} CPU s per million points; least is ${percent} % over open's`)
}

/** Starts a server of each way, gives each its turns, and ends them. */
async function compete(): Promise<void> {
  const ends: (() => unknown)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'kapok-locks-'))
  try {
    const contestants: Contestant[] = []
    for (const [name, environment] of Object.entries(ways)) {
      contestants.push(await start(name, join(folder, name), environment, (end) => ends.push(end)))
    }
    for (let round = 0; round <= rounds; round++) {
      for (const contestant of contestants) {
        const cost = await turn(contestant, points * (round + 1))
        if (round > 0) costs.get(contestant.name)!.push(cost) // The first turn warms up.
      }
    }
  } finally {
    for (const end of ends) end()
    await delay(100)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function start(
  name: string,
  dataDir: string,
  environment: Readonly<Record<string, string>>,
  teardown: Owner['teardown']
): Promise<Contestant> {
  const program = await startProgram({ teardown }, dataDir, environment)
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
  return { name, program, call }
}

/** Sends the bodies, waits until the task has collected them. @returns CPU seconds per million points. */
async function turn({ program, call }: Contestant, collected: number): Promise<number> {
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
