import type { Test } from 'tap'
import { BearerGate } from '../../src/auth/bearer-gate.ts'
import type { ConfiguredToken } from '../../src/auth/configured-token.ts'
import { LoginThrottle } from '../../src/auth/login-throttle.ts'
import { type Gate, openGate } from '../../src/auth/gate.ts'
import { alertEndpoints } from '../../src/api/endpoints/alerts.ts'
import { filterEndpoints } from '../../src/api/endpoints/filters.ts'
import { deadLetterEndpoints, routeEndpoints } from '../../src/api/endpoints/routes.ts'
import { versionEndpoints } from '../../src/api/endpoints/version.ts'
import { addNotifyFallback } from '../../src/api/notify.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { testApp } from '../support/app.ts'
import { type NotifyRig, startNotify } from '../notify/rig.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Tokens of the configuration. */
export interface GivenTokens {
  readonly all?: string
  readonly post?: string
}

export function gateOf({ all = '', post = '' }: GivenTokens): Gate {
  if (all === '' && post === '') return openGate
  const tokens: readonly ConfiguredToken[] = [
    { name: 'notify.auth-token', value: all, scopes: ['admin'] },
    { name: 'notify.post-token', value: post, scopes: ['notify:post'] }
  ]
  return new BearerGate(() => tokens, new LoginThrottle(new ManualClock()))
}

/** The endpoints of alerts, filters and routes, as on a port of their own. */
export async function start(
  t: Test,
  options: Parameters<typeof startNotify>[1] = {},
  tokens: GivenTokens = {},
  before?: NotifyRig
) {
  const rig = await startNotify(t, options, before)
  await rig.notify.start()
  const app = testApp({ maxBodyBytes: 25_000_000, gate: gateOf(tokens) })
  const services = { notify: rig.notify, log: silentLogger }
  for (const add of [versionEndpoints, alertEndpoints, filterEndpoints, routeEndpoints, deadLetterEndpoints]) {
    add(app, services)
  }
  addNotifyFallback(app, services)
  const request = async (
    line: string,
    body?: unknown,
    headers: Record<string, string> = {},
    remoteAddress = '127.0.0.1'
  ) => {
    const [method, url] = line.split(' ') as ['GET', string]
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    return app.inject({ method, url, headers, remoteAddress, ...payload })
  }
  /** `200 BODY` */
  const ask = async (line: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await request(line, body, headers)
    return `${answer.statusCode} ${answer.body}`.trim()
  }
  return { ...rig, rig, request, ask }
}
