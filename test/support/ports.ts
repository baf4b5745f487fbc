import { AlertOutlet } from '../../src/engine/alert-outlet.ts'
import { HttpRoutes } from '../../src/engine/http-routes.ts'
import { Inhibitors } from '../../src/engine/inhibitors.ts'
import { Effort } from '../../src/graph/effort.ts'
import type { AlertPort, HttpEndpoint, HttpRequest, Ports } from '../../src/graph/ports.ts'
import type { TopicState } from '../../src/graph/task.ts'
import type { InfluxCluster } from '../../src/influxdb/query/cluster.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import type { Point } from '../../src/model/point.ts'
import { ManualClock } from './manual-clock.ts'

/** The world as a test sees it: a clock that is turned by hand, and lists of what nodes told it. */
export class FakePorts implements Ports {
  readonly clock = new ManualClock()
  /** Errors of points: the reason where a node gave one, else its message. */
  readonly pointErrors: string[] = []
  readonly lines: { level: string; node: string; message: string; details: Readonly<Record<string, unknown>> }[] = []
  readonly requests: HttpRequest[] = []
  readonly looped: Point[] = []
  readonly routes = new HttpRoutes()
  readonly httpOut = this.routes.portOf('task')
  readonly endpoints: Record<string, HttpEndpoint> = {}
  /** `FROM > TO: ID` */
  readonly copies: string[] = []
  /** Events that have been raised, in order. */
  readonly events: AlertEvent[] = []
  readonly #outlet = new AlertOutlet(new Inhibitors('test', () => {}), {
    events: (events) => void this.events.push(...events),
    stateCopied: ({ eventId, from, to }) => void this.copies.push(`${from} > ${to}: ${eventId}`)
  })
  readonly #alerts = this.#outlet.portOf(undefined)
  readonly alerts: AlertPort = {
    ...this.#alerts,
    emit: (event) => {
      const isTaken = this.#alerts.emit(event)
      this.#outlet.flush()
      return isTaken
    }
  }
  /** Clusters by name; the default one is ''. */
  readonly clusters = new Map<string, InfluxCluster>()
  readonly influx = { findCluster: (name: string): InfluxCluster | undefined => this.clusters.get(name) }
  readonly effort = new Effort(1000, () => this.clock.elapsedMs())
  readonly queries: Ports['queries'] = 'scheduled'
  readonly timeZone: string = 'UTC'
  readonly server = { hostname: 'test-host', clusterId: 'cluster', serverId: 'server' }
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

  readonly loopback = { write: (points: readonly Point[]): void => void this.looped.push(...points) }

  /** Lets topics hold these states, before a task starts. */
  hold(topics: readonly string[], states: readonly TopicState[]): void {
    this.#outlet.load(topics, states)
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
