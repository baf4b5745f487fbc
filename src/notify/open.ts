import type { CrashGuard } from '../alert/crash-guard.ts'
import type { DeliveryLimits } from '../alert/delivery.ts'
import type { HandlerDeps } from '../alert/handlers/handler.ts'
import { DeliveryClient } from '../alert/handlers/http-client.ts'
import type { Turns } from '../alert/turns.ts'
import type { SecretFiles } from '../config/secret-files.ts'
import type { NotifyStore } from '../store/notify.ts'
import { ScriptPool } from './scripts/pool.ts'
import type { ScriptLimits } from './scripts/protocol.ts'
import { NotifyService } from './service.ts'

/** The section `notify` of the configuration. Durations are nanoseconds. */
export interface NotifySettings {
  readonly 'initial-interval': bigint
  readonly 'max-interval': bigint
  readonly 'fallback-route': string
  readonly 'max-waiting': number
  readonly 'max-waiting-bytes': number
  readonly 'script-timeout': bigint
  readonly 'script-batch-timeout': bigint
  readonly 'script-late-runs': number
  readonly 'script-memory-mib': number
  readonly 'script-stack-kib': number
  readonly folder: string
}

export interface NotifyWorld extends Omit<HandlerDeps, 'http'> {
  readonly store: NotifyStore
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Files of secrets that routes name. */
  readonly secretFiles: SecretFiles
  /** Limits of deliveries; transports may have others. */
  readonly limits: DeliveryLimits
  /** When deliveries may begin. */
  readonly turns: Turns
  readonly crashGuard: CrashGuard
}

/** Threads that run users' JavaScript, once it is needed. */
const SCRIPT_THREADS = 1

export interface OpenNotify {
  readonly notify: NotifyService
  /** One last batch, a short time for deliveries, then the end of threads and connections. */
  close(): Promise<void>
}

/** Makes the service with all that it needs. */
export async function openNotify(settings: NotifySettings, world: NotifyWorld): Promise<OpenNotify> {
  const { store, environment, secretFiles, limits, turns, crashGuard, ...deps } = world
  const http = new DeliveryClient(deps.guard, deps.clock)
  const runner = new ScriptPool({ threads: SCRIPT_THREADS, limits: scriptLimitsOf(settings), log: deps.log })
  const notify = await NotifyService.open({
    ...{ store, environment, secretFiles, limits, turns, crashGuard, runner, log: deps.log, clock: deps.clock },
    handler: { ...deps, http },
    folder: settings.folder,
    fallbackRoute: settings['fallback-route'],
    maxWaiting: settings['max-waiting'],
    maxWaitingBytes: settings['max-waiting-bytes'],
    initialMs: millisOf(settings['initial-interval']),
    maxMs: millisOf(settings['max-interval'])
  })
  return {
    notify,
    async close() {
      await notify.close()
      await runner.close()
      http.close()
    }
  }
}

function scriptLimitsOf(settings: NotifySettings): Partial<ScriptLimits> {
  return {
    timeMs: millisOf(settings['script-timeout']),
    batchMs: millisOf(settings['script-batch-timeout']),
    lateRuns: settings['script-late-runs'],
    memoryMib: settings['script-memory-mib'],
    stackKib: settings['script-stack-kib']
  }
}

function millisOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n)
}
