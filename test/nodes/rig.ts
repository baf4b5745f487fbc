import { ManualClock } from '../../src/core/clock.ts'
import { formatDuration, parseDuration } from '../../src/core/duration.ts'
import { type Instant, instantOfNanos, nanosOf } from '../../src/core/instant.ts'
import { defaultOptions } from '../../src/graph/builder.ts'
import { Edge } from '../../src/graph/edge.ts'
import { GraphNode } from '../../src/graph/graph.ts'
import { type BatchFolder, Node, type NodeContext, type NodeDefinition } from '../../src/graph/node.ts'
import type { HttpEndpoint, HttpRequest, Ports } from '../../src/graph/ports.ts'
import type { EdgeType } from '../../src/graph/spec.ts'
import { type Barrier, Batch } from '../../src/model/batch.ts'
import type { Dbrp } from '../../src/model/dbrp.ts'
import { dimensionsOf, type Group, GroupRegistry } from '../../src/model/group.ts'
import { FieldsBuilder, Point } from '../../src/model/point.ts'
import { Series, Tags } from '../../src/model/series.ts'
import type { FieldType, Value } from '../../src/model/value.ts'

export interface RigOptions {
  readonly options?: Record<string, unknown>
  readonly edge?: EdgeType
  readonly groupBy?: readonly string[]
  readonly byName?: boolean
  readonly dbrps?: readonly Dbrp[]
  /** Lets the child fold batches: what it is handed comes out as text like a batch. */
  readonly folds?: boolean
  readonly answer?: (request: HttpRequest) => Promise<{ status: number; body: string }>
  readonly endpoint?: HttpEndpoint
}

/**
 * One node on its own, with a child that writes down what it gets: `m,host=a v=1 5s`, `BATCH m{host=a} 10s [v=1 5s]`,
 * `BARRIER host=a 5s`, `DELETE host=a`. Times are durations since the epoch.
 */
export class Rig {
  readonly clock = new ManualClock()
  readonly groups = new GroupRegistry()
  readonly log: string[] = []
  readonly routes = new Map<string, () => string>()
  readonly requests: HttpRequest[] = []
  readonly looped: string[] = []
  readonly failures: string[] = []
  pending = 0
  readonly node: Node
  readonly context: NodeContext
  readonly #out: string[] = []
  readonly #settings: RigOptions
  readonly #running = new Map<GraphNode, Node>()
  #slots = 0

  constructor(definition: NodeDefinition, settings: RigOptions = {}) {
    this.#settings = settings
    const { options = {}, edge = 'stream', dbrps = [] } = settings
    const graphNode = new GraphNode(definition, { quiet: false, ...defaultOptions(definition.spec, options) }, edge)
    graphNode.id = 2
    this.context = {
      name: graphNode.name,
      taskId: 'task',
      taskMaster: 'main',
      node: graphNode,
      edge,
      groups: this.groups,
      ports: this.#ports(),
      dbrps,
      newSlot: () => this.#slots++,
      newSeriesSlot: () => this.#slots++,
      running: (node) => this.#running.get(node)!,
      fail: (message) => this.failures.push(message)
    }
    this.node = definition.create({ ...graphNode.options, ...options }, this.context)
    const sink = new Sink(this.#out, this.context, settings.folds === true)
    this.node.out.push(new Edge(sink, 0))
  }

  /** Another running node that this one asks for. */
  run(graphNode: GraphNode, node: Node): void {
    this.#running.set(graphNode, node)
  }

  /** What came out since the last call. */
  get out(): string[] {
    return this.#out.splice(0)
  }

  group(text: string): Group {
    const { groupBy = [], byName = false } = this.#settings
    const [name = '', ...tags] = text.split(',')
    return this.groups.of(name, tagsOf(tags), dimensionsOf(byName, groupBy))
  }

  /** @param line As in `m,host=a v=1,n=2i,s="x",ok=true 5s`. */
  make(line: string): Point {
    const { groupBy = [], byName = false } = this.#settings
    const [key = '', fields = '', time = '0s'] = line.split(' ')
    const [name = '', ...tags] = key.split(',')
    const series = new Series('db', 'rp', name, tagsOf(tags))
    const group = this.groups.of(name, series.tags, dimensionsOf(byName, groupBy))
    const built = new FieldsBuilder()
    for (const field of fields.split(',')) {
      const at = field.indexOf('=')
      const [type, value] = valueOf(field.slice(at + 1))
      built.set(field.slice(0, at), type, value)
    }
    return new Point(series, group, timeOf(time), built.schema, built.values)
  }

  /** @param tmax The points' group is that of the first, or of `key` (`m,host=a`) where there is none. */
  batch(tmax: string, lines: readonly string[], key = 'm'): Batch {
    const points = lines.map((line) => this.make(line))
    const [first] = points
    return new Batch(first?.name ?? key.split(',')[0]!, first?.group ?? this.group(key), timeOf(tmax), points)
  }

  point(line: string, source = 0): this {
    this.node.point(this.make(line), source)
    return this
  }

  barrier(key: string, time: string, source = 0): this {
    this.node.barrier({ group: this.group(key), time: timeOf(time) }, source)
    return this
  }

  delete(key: string, source = 0): this {
    this.node.deleteGroup(this.group(key), source)
    return this
  }

  #ports(): Ports {
    const say =
      (level: string) =>
      (node: string, message: string, details?: Readonly<Record<string, unknown>>): void => {
        this.log.push(`${level} ${node} ${message}${details === undefined ? '' : ` ${JSON.stringify(details)}`}`)
      }
    return {
      clock: this.clock,
      log: { mistake: say('mistake'), debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      http: {
        post: (request) => {
          this.requests.push(request)
          return this.#settings.answer?.(request) ?? Promise.resolve({ status: 200, body: '' })
        },
        findEndpoint: (name) => (name === 'known' ? this.#settings.endpoint : undefined)
      },
      alerts: {
        emit: () => undefined,
        findState: () => undefined,
        setInhibitor: () => undefined,
        removeInhibitor: () => undefined,
        isInhibited: () => false
      },
      loopback: {
        write: (points) => {
          for (const point of points) {
            const { database, retentionPolicy } = point.series
            this.looped.push(`${database}.${retentionPolicy} ${textOf(point)}`)
          }
        }
      },
      httpOut: {
        register: (path, body) => this.routes.set(path, body),
        unregister: (path) => this.routes.delete(path)
      },
      server: { hostname: 'host', clusterId: 'cluster', serverId: 'server' },
      pending: (delta: number) => (this.pending += delta)
    } satisfies Partial<Ports> as unknown as Ports
  }
}

class Sink extends Node {
  readonly #out: string[]
  readonly #folder: BatchFolder | undefined

  constructor(out: string[], context: NodeContext, folds: boolean) {
    super({ quiet: false }, context)
    this.#out = out
    const open = new Map<Group, Point[]>()
    if (!folds) return
    this.#folder = {
      add: (point) => {
        const points = open.get(point.group)
        if (points === undefined) open.set(point.group, [point])
        else points.push(point)
      },
      close: (group, name, tmax) => {
        const points = open.get(group) ?? []
        open.delete(group)
        this.batch(new Batch(name, group, tmax, points))
      },
      discard: (group) => open.delete(group)
    }
  }

  override get folder(): BatchFolder | undefined {
    return this.#folder
  }

  override point(point: Point): void {
    this.#out.push(textOf(point))
  }

  override batch({ name, group, tmax, points }: Batch): void {
    const inner = points.map((point) => `${fieldsOf(point)} ${timeText(point.time)}`).join('; ')
    this.#out.push(`BATCH ${name}{${tagsText(group.tags)}} ${timeText(tmax)} [${inner}]`)
  }

  override barrier({ group, time }: Barrier): void {
    this.#out.push(`BARRIER ${group.id} ${timeText(time)}`)
  }

  override deleteGroup(group: Group): void {
    this.#out.push(`DELETE ${group.id}`)
  }
}

export function timeOf(text: string): Instant {
  return instantOfNanos(parseDuration(text)!)
}

export function textOf(point: Point): string {
  const tags = tagsText(point.series.tags)
  return `${point.name}${tags === '' ? '' : `,${tags}`} ${fieldsOf(point)} ${timeText(point.time)}`
}

function timeText(time: Instant): string {
  return formatDuration(nanosOf(time))
}

function tagsText(tags: Tags): string {
  return [...tags.entries()].map(([name, value]) => `${name}=${value}`).join(',')
}

function fieldsOf({ schema, values }: Point): string {
  return schema.names
    .map((name, i) => `${name}=${fieldText(schema.types[i]!, values[i]!)}`)
    .sort()
    .join(',')
}

function fieldText(type: FieldType, value: Value): string {
  if (type === 'int') return `${value}i`
  return type === 'string' ? `"${value}"` : String(value)
}

function tagsOf(texts: readonly string[]): Tags {
  return Tags.of(texts.map((text) => text.split('=') as [string, string]))
}

function valueOf(text: string): [FieldType, Value] {
  if (text.startsWith('"')) return ['string', text.slice(1, -1)]
  if (text === 'true' || text === 'false') return ['boolean', text === 'true']
  return text.endsWith('i') ? ['int', Number(text.slice(0, -1))] : ['float', Number(text)]
}
