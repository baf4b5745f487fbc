import type { Test } from 'tap'
import { DEFAULT_LIMITS } from '../../src/alert/delivery.ts'
import type { HandlerDeps, HandlerKind } from '../../src/alert/handlers/handler.ts'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import { DeliveryClient } from '../../src/alert/handlers/http-client.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { Alert } from '../../src/notify/alert.ts'
import { parseAlert } from '../../src/notify/alert-json.ts'
import { NotifyService, type NotifyOptions } from '../../src/notify/service.ts'
import type { PartDefinition } from '../../src/notify/params.ts'
import { Database } from '../../src/store/db.ts'
import { NetworkGuard } from '../../src/net/network-guard.ts'
import { NotifyStore } from '../../src/store/notify.ts'
import { ANYTHING } from '../support/allowed.ts'
import { vmRunner } from './vm-runner.ts'
import { ManualClock } from '../support/manual-clock.ts'

export interface NotifyRig {
  readonly notify: NotifyService
  readonly clock: ManualClock
  readonly db: Database
  readonly lines: string[]
  /** What transports of type `note` have got, by their option `name`. */
  readonly sent: Record<string, Alert[]>
  put(id: string, definition: PartDefinition): Promise<readonly string[]>
  post(...alerts: Partial<Alert>[]): Promise<void>
  /** Turns the clock until the next batch is through. */
  round(): Promise<void>
}

export interface NotifyRigOptions extends Partial<NotifyOptions> {
  /** Programs and files; default: all. */
  readonly allowed?: Pick<HandlerDeps, 'commands' | 'logFiles'>
}

export const START_MS = 1_600_000_000_000

export async function startNotify(
  t: Test,
  { allowed = ANYTHING, ...options }: NotifyRigOptions = {},
  before?: Pick<NotifyRig, 'db'>
): Promise<NotifyRig> {
  const db = before?.db ?? (await Database.open(':memory:'))
  const clock = new ManualClock(START_MS)
  const http = new DeliveryClient()
  const sent: Record<string, Alert[]> = {}
  const lines: string[] = []
  const note = (level: string) => (message: string, fields?: object) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`)
  }
  const log = { ...silentLogger, warn: note('warn'), error: note('error') }
  const handler: HandlerDeps = {
    ...{ clock, log, http, guard: new NetworkGuard([]), ...allowed, section: () => undefined, clientUrl: '' },
    publish() {}
  }
  const notify = await NotifyService.open({
    ...{ store: new NotifyStore(db), log, clock, handler, folder: '/nonexistent' },
    ...{
      fallbackRoute: '',
      maxWaiting: 100_000,
      maxWaitingBytes: 1_000_000_000,
      environment: {},
      runner: vmRunner,
      random: () => 1,
      limits: DEFAULT_LIMITS
    },
    ...{ initialMs: 1000, maxMs: 1000 },
    handlerKinds: [noting(sent), ...handlerKinds.filter(({ kind }) => ['post', 'bigpanda'].includes(kind))],
    ...options
  })
  t.teardown(async () => {
    http.close()
    if (before === undefined) await db.close()
  })
  return {
    ...{ notify, clock, db, lines },
    sent,
    put: (id, definition) => notify.configuration.putFilter(id, definition),
    async post(...alerts) {
      await Promise.all(alerts.map((one) => notify.post(alertOf(one))))
    },
    async round() {
      const { batches } = notify.counters
      for (let i = 0; i < 100 && notify.counters.batches === batches; i++) clock.advance(1000)
      await notify.idle()
      await notify.configuration.drained()
      await notify.idle()
    }
  }
}

export function alertOf(change: Partial<Alert>): Alert {
  return {
    ...{ from: 'mon', date: '2020-09-13T12:26:40Z', host: 'h1', title: 'title', message: '', routes: [] },
    ...{ info: {}, sub: [], stats: {} },
    ...change
  }
}

/** A handler that keeps what it is given. */
function noting(sent: Record<string, Alert[]>): HandlerKind {
  return {
    kind: 'note',
    secrecies: {},
    fromScript: (call) => call,
    open(options) {
      const { name } = options as { name: string }
      return {
        send({ event }) {
          ;(sent[name] ??= []).push(parseAlert(event.dataJson))
          return Promise.resolve()
        }
      }
    }
  }
}
