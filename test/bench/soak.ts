/**
 * Memory under a steady load of twenty mixed tasks, and at rest after it. Prints what the process and its threads hold
 * every so often. `npm run bench:soak [-- --seconds 60] [--rate 14000] [--rest 60]`.
 *
 * Whether it leaks shows in `used` (JavaScript in use, after a collection) and `external`: these have to stay where they
 * were once the windows are full. Resident memory also counts what V8 and malloc hold for next time.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Program, startProgram } from '../support/program.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '14000' },
    rest: { type: 'string', default: '60' }
  }
})
const seconds = Number(values.seconds)
const rate = Number(values.rate)
const restSeconds = Number(values.rest)
const HOSTS = 700
const SAMPLES = 12

const CPU = "stream|from().measurement('cpu').groupBy('host')"
/** Twice each, so that twenty run. */
const SCRIPTS = [
  `${CPU}|window().period(10s).every(10s)|mean('idle').as('mean')|httpOut('out')`,
  `${CPU}|window().period(1m).every(10s)|percentile('idle', 95.0)|httpOut('out')`,
  `${CPU}|alert().id('{{ index .Tags "host" }}').crit(lambda: "idle" < 2.0).stateChangesOnly()`,
  `${CPU}|eval(lambda: "user" + "system").as('busy')|where(lambda: "busy" > 50.0)|httpOut('out')`,
  `${CPU}|derivative('procs').unit(1s)|stateDuration(lambda: "procs" > 0.0)|httpOut('out')`,
  `stream|from().measurement('cpu').groupBy('region')|window().period(5s).every(5s)|count('idle')|httpOut('out')`,
  `var a = ${CPU}|window().period(10s).every(10s)|max('idle')\nvar b = ${CPU}|window().period(10s).every(10s)|min('idle')\na|join(b).as('max', 'min').tolerance(1s)|httpOut('out')`,
  `${CPU}|movingAverage('user', 20)|changeDetect('movingAverage')|httpOut('out')`,
  `stream|from().measurement('cpu')|window().periodCount(5000).everyCount(5000)|distinct('procs')|httpOut('out')`,
  `${CPU}|sum('system')|alert().warn(lambda: "sum" > 1000000.0).crit(lambda: "sum" < 0.0)`
] as const

const ends: (() => unknown)[] = []
const folder = mkdtempSync(join(tmpdir(), 'kapok-soak-'))
const program = await startProgram({ teardown: (end) => ends.push(end) }, join(folder, 'data'))
try {
  const started = performance.now()
  const tell = (phase: string): Promise<void> => print(program, phase, (performance.now() - started) / 1000)
  await tell('empty')
  for (let i = 0; i < 2 * SCRIPTS.length; i++) {
    const task = { id: `t${i}`, dbrps: [{ db: 'd', rp: 'r' }], script: SCRIPTS[i % SCRIPTS.length], status: 'enabled' }
    await call(program, 'POST', '/kapacitor/v1/tasks', JSON.stringify(task))
  }
  await tell('tasks')
  let next = seconds / SAMPLES
  for (let second = 0; second < seconds; second++) {
    for (const body of bodiesOf(second)) await call(program, 'POST', '/write?db=d&rp=r', body)
    const elapsed = (performance.now() - started) / 1000
    if (second + 1 >= next) await tell('load')
    if (second + 1 >= next) next += seconds / SAMPLES
    await delay(Math.max(0, second + 1 - elapsed) * 1000)
  }
  for (let i = 0; i < 4; i++) {
    await delay((restSeconds / 4) * 1000)
    await tell('rest')
  }
} finally {
  for (const end of ends) end()
  await delay(100)
  rmSync(folder, { recursive: true, force: true })
}

/** Points of one second, as bodies of a thousand. */
function bodiesOf(second: number): readonly string[] {
  const bodies: string[] = []
  for (let first = 0; first < rate; first += 1000) {
    const lines = Array.from({ length: Math.min(1000, rate - first) }, (_, i) => {
      const n = first + i
      const host = n % HOSTS
      const values = `idle=${(Math.random() * 100).toFixed(3)},user=${(Math.random() * 50).toFixed(3)},system=${(Math.random() * 20).toFixed(3)}`
      const time = (1_700_000_000 + second) * 1000 + Math.floor((n * 1000) / rate)
      return `cpu,host=host-${host},region=r${host % 3} ${values},procs=${host + (second % 7)}i ${time}000000`
    })
    bodies.push(lines.join('\n'))
  }
  return bodies
}

async function call({ url }: Program, method: string, path: string, body?: string): Promise<string> {
  const answer = await fetch(`${url}${path}`, { method, ...(body !== undefined && { body }) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return text
}

async function print(program: Program, phase: string, elapsed: number): Promise<void> {
  const metrics = await call(program, 'GET', '/metrics')
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8')
  const mib = (bytes: number): string => String(Math.round(bytes / 1024 / 1024)).padStart(5)
  const metric = (name: string): number => {
    const line = metrics.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))
    return Number(line?.split(' ').at(-1) ?? NaN)
  }
  const shard = (number: string): number =>
    Number(new RegExp(`^kapok_shard\\{shard="shard-0",number="${number}"\\} (.*)$`, 'm').exec(metrics)?.[1] ?? NaN)
  const rss = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) * 1024
  const columns = [
    `rss ${mib(rss)}`,
    `main used ${mib(metric('nodejs_heap_size_used_bytes'))} total ${mib(metric('nodejs_heap_size_total_bytes'))} external ${mib(metric('nodejs_external_memory_bytes'))}`,
    `shard used ${mib(shard('heapUsedBytes'))} total ${mib(shard('heapTotalBytes'))} external ${mib(shard('externalBytes'))}`
  ]
  console.log(`${phase.padEnd(6)}${elapsed.toFixed(0).padStart(5)} s  ${columns.join(' | ')}`)
}
