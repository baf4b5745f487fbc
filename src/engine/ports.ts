import type { Clock } from '../core/clock.ts'
import type { LogLevel } from '../core/log-level.ts'
import type { LogFields } from '../core/logger.ts'
import type { Effort } from '../graph/effort.ts'
import type { AlertPort, HttpOutPort, HttpPort, InfluxPort, LoopbackPort, Ports } from '../graph/ports.ts'
import type { EngineHost, EngineSettings } from './contract.ts'
import { RepeatLimit } from './repeat-limit.ts'

/** What the ports of a task are made of. */
export interface PortsInput {
  readonly taskId: string
  /** `main`, or the id of a replay. */
  readonly taskMaster: string
  readonly settings: Pick<EngineSettings, 'timeZone' | 'server'>
  readonly log: EngineHost['log']
  readonly clock: Clock
  readonly queries: Ports['queries']
  readonly alerts: AlertPort
  readonly http: HttpPort
  readonly httpOut: HttpOutPort
  readonly influx: InfluxPort
  readonly loopback: LoopbackPort
  readonly effort: Effort
  readonly pending: (delta: number) => void
  /** Runs what a node does outside of a message. */
  readonly turn: (work: () => void) => void
}

export function makePorts(input: PortsInput): Ports {
  const { taskId, taskMaster, settings, clock, turn } = input
  const { queries, http, alerts, loopback, httpOut, influx, effort, pending } = input
  const limit = new RepeatLimit(() => clock.elapsedMs())
  const origin = { task_master: taskMaster, task: taskId }
  const log = (level: LogLevel) => {
    return (node: string, message: string, details?: LogFields) =>
      input.log(level, message, { ...origin, node, ...details })
  }
  return {
    clock: {
      now: () => clock.now(),
      elapsedMs: () => clock.elapsedMs(),
      onJump: (listener) => clock.onJump((byMs) => turn(() => listener(byMs))),
      after: (delayMs, callback) => clock.after(delayMs, () => turn(callback)),
      every: (periodMs, callback) => clock.every(periodMs, () => turn(callback))
    },
    log: {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      pointError: (node, message, details) => {
        const heldBack = limit.admit()
        if (heldBack === undefined) return
        input.log('error', message, { ...origin, node, ...details, ...(heldBack > 0 && { 'held-back': heldBack }) })
      }
    },
    ...{ queries, http, alerts, loopback, httpOut, influx, effort, pending, turn },
    timeZone: settings.timeZone,
    server: settings.server
  }
}
