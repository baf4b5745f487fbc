import { Effort } from '../../src/graph/effort.ts'
import type { HttpEndpoint, HttpRequest, Ports } from '../../src/graph/ports.ts'
import type { InfluxCluster } from '../../src/influxdb/query/cluster.ts'
import type { AlertEvent, Level, StateCopy } from '../../src/model/event.ts'
import type { Point } from '../../src/model/point.ts'
import { instantOfNanos } from '../../src/core/instant.ts'
import { ManualClock } from './manual-clock.ts'

/** The world as a test sees it: a clock that is turned by hand, and lists of what nodes told it. */
export class FakePorts implements Ports {
  readonly clock = new ManualClock()
  /** Mistakes in the data: the reason where a node gave one, else its message. */
  readonly pointErrors: string[] = []
  readonly lines: { level: string; node: string; message: string; details: Readonly<Record<string, unknown>> }[] = []
  readonly events: AlertEvent[] = []
  readonly requests: HttpRequest[] = []
  readonly looped: Point[] = []
  readonly routes = new Map<string, () => string>()
  readonly endpoints: Record<string, HttpEndpoint> = {}
  /** `FROM > TO: ID` */
  readonly copies: string[] = []
  readonly states = new Map<string, { level: Level; timeNs: bigint }>()
  /** By name; the default one is ''. */
  readonly clusters = new Map<string, InfluxCluster>()
  readonly influx = { findCluster: (name: string): InfluxCluster | undefined => this.clusters.get(name) }
  readonly effort = new Effort(1000, () => this.clock.elapsedMs())
  readonly queries: Ports['queries'] = 'scheduled'
  readonly timeZone: string = 'UTC'
  readonly server = { hostname: 'test-host', clusterId: 'cluster', serverId: 'server' }
  readonly #inhibitors = new Map<object, { category: string; tags: Readonly<Record<string, string>> }[]>()
  /** Answers of the HTTP peer, in order; 200 where none is left. */
  answers: { status: number; body: string }[] = []
  pendingNow = 0

  readonly log = {
    pointError: (node: string, message: string, details: Readonly<Record<string, unknown>> = {}): void => {
      this.pointErrors.push(String(details['err'] ?? message))
      this.lines.push({ level: 'error', node, message, details })
    },
    debug: this.#line('debug'),
    info: this.#line('info'),
    warn: this.#line('warn'),
    error: this.#line('error')
  }

  readonly http = {
    post: (request: HttpRequest): Promise<{ status: number; body: string }> => {
      this.requests.push(request)
      return Promise.resolve(this.answers.shift() ?? { status: 200, body: '' })
    },
    findEndpoint: (name: string): HttpEndpoint | undefined => this.endpoints[name]
  }

  readonly alerts = {
    emit: (event: AlertEvent): boolean => {
      this.events.push(event)
      for (const topic of event.topics) this.states.set(`${topic} ${event.id}`, event)
      return true
    },
    findState: (topic: string, eventId: string) => {
      const state = this.states.get(`${topic} ${eventId}`)
      return state && { level: state.level, time: instantOfNanos(state.timeNs) }
    },
    copyState: ({ eventId, from, to }: StateCopy): void => {
      this.copies.push(`${from} > ${to}: ${eventId}`)
      this.states.set(`${to} ${eventId}`, this.states.get(`${from} ${eventId}`)!)
    },
    setInhibitor: (owner: object, category: string, tags: Readonly<Record<string, string>>, active: boolean): void => {
      const others = (this.#inhibitors.get(owner) ?? []).filter((one) => one.category !== category)
      this.#inhibitors.set(owner, active ? [...others, { category, tags }] : others)
    },
    removeInhibitor: (owner: object): void => void this.#inhibitors.delete(owner),
    isInhibited: (category: string, tags: Readonly<Record<string, string>>): boolean =>
      [...this.#inhibitors.values()]
        .flat()
        .some(
          (one) =>
            one.category === category && Object.entries(one.tags).every(([name, value]) => (tags[name] ?? '') === value)
        )
  }

  readonly loopback = { write: (points: readonly Point[]): void => void this.looped.push(...points) }

  readonly httpOut = {
    register: (path: string, body: () => string): void => {
      if (this.routes.has(path)) throw new Error(`http: multiple registrations for /kapacitor/v1/tasks/task/${path}`)
      this.routes.set(path, body)
    },
    unregister: (path: string): void => void this.routes.delete(path)
  }

  readonly pending = (delta: number): void => {
    this.pendingNow += delta
  }

  readonly turn = (work: () => void): void => work()

  #line(level: string) {
    return (node: string, message: string, details: Readonly<Record<string, unknown>> = {}): void =>
      void this.lines.push({ level, node, message, details })
  }
}
