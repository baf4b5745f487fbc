import { type App, type AppOptions, createApp } from '../../src/api/app.ts'
import { BrowserRules } from '../../src/api/browsers.ts'
import { openGate } from '../../src/auth/gate.ts'
import { silentLogger } from '../../src/core/logger.ts'

/** The HTTP server without endpoints, that lets everybody in under every name, unless the test has it otherwise. */
export function testApp(options: Partial<AppOptions> = {}): App {
  return createApp({
    ...{ log: silentLogger, logRequests: false, maxBodyBytes: 1_000_000, gate: openGate },
    browsers: new BrowserRules({ bindAddress: 'localhost:0', hosts: ['*'], origins: [] }),
    ...options
  })
}
