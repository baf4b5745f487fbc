/**
 * Points a second through one shard's engine, without HTTP and threads, against the bare loop over the same bytes:
 * what the hot path costs. Run with `npm run bench:engine [WORKLOAD ...]`.
 */
import { Engine } from '../../src/engine/engine.ts'
import type { EngineSettings } from '../../src/engine/contract.ts'
import { wallClock } from '../../src/core/clock.ts'
import { DEFAULT_LIMITS } from '../../src/lineproto/strict-parser.ts'
import { deadman } from '../support/check.ts'
import { bareLoop, makeBodies, scripts } from './workload.ts'

const settings: EngineSettings = {
  deadman,
  endpoints: new Map(),
  influxdb: [],
  timeZone: 'UTC',
  server: { hostname: 'bench', clusterId: 'bench', serverId: 'bench' },
  maxSeries: 1_000_000,
  maxSeriesBytes: 1024 * 1024 * 1024,
  lineLimits: DEFAULT_LIMITS,
  blockedNetworks: [],
  maxPending: 1000,
  maxEffortMs: Infinity,
  loopback: { maxHops: 32, maxBytes: 1 << 26 }
}

const workloads: Readonly<Record<string, { tasks: readonly (keyof typeof scripts)[]; hosts: number; points: number }>> =
  {
    mean: { tasks: ['mean'], hosts: 100, points: 500_000 },
    filter: { tasks: ['filter'], hosts: 100, points: 500_000 },
    alert: { tasks: ['alert'], hosts: 100, points: 200_000 },
    mixed10: {
      tasks: Array.from({ length: 10 }, (_, i) => (i % 2 === 1 ? 'filter' : 'mean')),
      hosts: 100,
      points: 200_000
    },
    groups: { tasks: ['mean'], hosts: 100_000, points: 500_000 }
  }

const wanted = process.argv.slice(2)
const bare = bareLoop(makeBodies(500_000, 100), 500_000)
console.log(`bare loop: ${Math.round(bare)} points/s`)
for (const [name, { tasks, hosts, points }] of Object.entries(workloads)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  let events = 0
  const engine = new Engine('bench', settings, {
    now: () => wallClock.now(),
    log: () => {},
    events: (list) => (events += list.length),
    stateCopied: () => {},
    replayEvents: () => {},
    replayStateCopied: () => {},
    loopback: () => {},
    failed: (id, message) => console.log(`${id} failed: ${message}`),
    inhibitor: () => {}
  })
  for (const [index, task] of tasks.entries()) {
    const dbrps = [{ db: 'bench', rp: 'autogen' }]
    engine.start({ id: `${name}-${index}`, type: 'stream', script: scripts[task], vars: new Map(), dbrps })
  }
  const bodies = makeBodies(points, hosts)
  let best = 0
  for (let pass = 0; pass < 3; pass++) {
    const start = performance.now()
    for (const body of bodies) {
      const problems = engine.write('bench', 'autogen', 'n', body)
      if (problems !== undefined) throw new Error(String(problems))
    }
    best = Math.max(best, (points / (performance.now() - start)) * 1000)
  }
  const ratio = (best / bare).toFixed(3)
  console.log(`${name}: ${Math.round(best)} points/s, ${ratio} of the bare loop, ${events} events`)
  await engine.close()
}
