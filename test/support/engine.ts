import type { EngineSettings } from '../../src/engine/contract.ts'
import { DEFAULT_LIMITS } from '../../src/lineproto/strict-parser.ts'
import type { RunnableTask } from '../../src/graph/task.ts'
import { deadman } from './check.ts'

export const engineSettings: EngineSettings = {
  deadman,
  endpoints: new Map(),
  influxdb: [],
  timeZone: 'UTC',
  server: { hostname: 'test-host', clusterId: 'cluster', serverId: 'server' },
  maxSeries: 100_000,
  maxSeriesBytes: 1024 * 1024 * 1024,
  lineLimits: DEFAULT_LIMITS,
  blockedNetworks: [],
  maxPending: 1000,
  maxEffortMs: 5000,
  loopback: { maxHops: 32, maxBytes: 1 << 26 }
}

export function streamTask(id: string, script: string, db = 'db', rp = 'rp'): RunnableTask {
  return { id, type: 'stream', script, vars: new Map(), dbrps: [{ db, rp }] }
}

/** A body as the ingest hands it over. */
export function bodyOf(text: string): { bytes: ArrayBuffer; length: number } {
  const bytes = new ArrayBuffer(Math.max(1, Buffer.byteLength(text)))
  return { bytes, length: Buffer.from(bytes).write(text) }
}
