import type { Test } from 'tap'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import type { LogLevel } from '../../src/core/log-level.ts'
import { createLogger } from '../../src/core/logger.ts'
import { startServer } from '../../src/server.ts'
import { testFolder } from './folder.ts'
import { NO_INFLUXDB } from './influx.ts'
// Lets all that such a server logs and answers be searched for secrets.
import './secret.ts'

export interface TestServer {
  readonly url: string
  /** Lines that it logged. */
  readonly lines: readonly string[]
  close(): Promise<void>
}

/** The whole program in this process: real threads, a real store in a folder of the test, a free port. */
export async function testServer(
  t: Test,
  environment: Record<string, string> = {},
  level: LogLevel = 'error'
): Promise<TestServer> {
  const { config, secrets } = loadConfig({
    environment: { KAPOK_SHARDS_COUNT: '1', KAPOK_STATS_ENABLED: 'false', ...NO_INFLUXDB, ...environment },
    flags: { bind: '127.0.0.1:0', dataDir: environment['KAPOK_DATA_DIR'] ?? join(testFolder(t), 'data') }
  })
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line) }, level)
  const server = await startServer(config, log, { secrets })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= server.close().then(() => undefined))
  t.teardown(close)
  return { url: server.url, lines, close }
}
