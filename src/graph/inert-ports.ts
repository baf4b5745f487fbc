import { wallClock } from '../core/clock.ts'
import { Effort } from './effort.ts'
import type { Ports } from './ports.ts'

/** Ports of a graph whose nodes are only made, never started: they reach nothing but what is given. */
export function inertPorts(given: Partial<Ports>): Ports {
  const none = (): void => {}
  return {
    clock: wallClock,
    log: { pointError: none, debug: none, info: none, warn: none, error: none },
    http: { post: () => Promise.reject(new Error('nothing is posted')), findEndpoint: () => undefined },
    alerts: {
      emit: () => true,
      findState: () => undefined,
      copyState: none,
      setInhibitor: none,
      removeInhibitor: none,
      isInhibited: () => false
    },
    loopback: { write: none },
    httpOut: { register: none, unregister: none },
    influx: { findCluster: () => undefined },
    queries: 'fed',
    server: { hostname: '', clusterId: '', serverId: '' },
    timeZone: '',
    effort: new Effort(Infinity, () => 0),
    pending: none,
    turn: none,
    ...given
  }
}
