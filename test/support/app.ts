import { type App, type AppOptions, createApp } from '../../src/api/app.ts'
import { BrowserRules } from '../../src/api/browsers.ts'
import { Connections } from '../../src/api/connections.ts'
import { openGate } from '../../src/auth/gate.ts'
import { RateLimit } from '../../src/api/rate-limit.ts'
import { wallClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { Intake } from '../../src/ingest/intake.ts'
// Lets all that such a server logs and answers be searched for secrets.
import './secret.ts'

/** Takes what comes, however slowly. */
export function testIntake(): Intake {
  return new Intake({ maxBytes: Infinity, roomMs: Infinity, idleMs: Infinity, totalMs: Infinity }, wallClock)
}

/** The HTTP server without endpoints, that lets everybody in under every name, unless the test has it otherwise. */
export function testApp(options: Partial<AppOptions> = {}): App {
  return createApp({
    ...{ log: silentLogger, logRequests: false, maxBodyBytes: 1_000_000, gate: openGate },
    ...{
      intake: testIntake(),
      rateLimit: new RateLimit(0, wallClock),
      connections: new Connections({ max: 1000, headerMs: 0, idleMs: 0 }, wallClock)
    },
    browsers: new BrowserRules({ bindAddress: 'localhost:0', hosts: ['*'], origins: [] }),
    ...options
  })
}
