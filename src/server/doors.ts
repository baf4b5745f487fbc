import { Connections } from '../api/connections.ts'
import { RateLimit } from '../api/rate-limit.ts'
import type { ImportLimits } from '../api/endpoints/recording-files.ts'
import type { Config } from '../config/sections.ts'
import type { Clock } from '../core/clock.ts'
import { Intake } from '../ingest/intake.ts'

/** What comes in over HTTP, on all ports together: how many connections, how many bytes, and how slowly. */
export interface Doors {
  readonly connections: Connections
  /** Limit of requests that cost much. */
  readonly rateLimit: RateLimit
  /** Intake of the bodies of writes. */
  readonly writeIntake: Intake
  /** Intake of the bodies of all other requests, so that they get in also while writes have taken all room. */
  readonly intake: Intake
}

export function openDoors({ http }: Config, clock: Clock): Doors {
  const limits = {
    roomMs: millis(http['write-deadline']),
    idleMs: millis(http['body-idle-timeout']) || Infinity,
    totalMs: millis(http['body-timeout']) || Infinity
  }
  const connections = new Connections(
    {
      max: http['max-connections'],
      headerMs: millis(http['header-timeout']),
      idleMs: millis(http['idle-timeout'])
    },
    clock
  )
  return {
    connections,
    rateLimit: new RateLimit(http['max-expensive-requests'], clock),
    writeIntake: new Intake({ ...limits, maxBytes: http['max-write-bytes-in-flight'] }, clock),
    intake: new Intake({ ...limits, maxBytes: http['max-request-bytes-in-flight'] }, clock)
  }
}

export function importLimitsOf({ recordings }: Config): ImportLimits {
  return { maxBytes: recordings['max-import-bytes'], totalMs: millis(recordings['import-timeout']) || Infinity }
}

function millis(nanos: bigint): number {
  return Number(nanos / 1_000_000n)
}
