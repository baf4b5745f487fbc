import { SECOND } from '../../src/core/duration.ts'
import { type BuiltScript, buildGraph, type ScriptInput } from '../../src/graph/build.ts'
import type { DeadmanDefaults, LinkHook } from '../../src/graph/link.ts'
import { defineNode, Node, type NodeDefinition, StartError } from '../../src/graph/node.ts'
import { type HandlerSpec, nodeSpec, type NodeSpec, t } from '../../src/graph/spec.ts'
import type { Batch } from '../../src/model/batch.ts'
import type { Point } from '../../src/model/point.ts'
import type { Result } from '../../src/tick/result.ts'
import { parse } from '../../src/tick/parser.ts'

/** Passes everything on; its log tells what is done with it. */
export class Passing extends Node {
  override point(point: Point): void {
    this.emit(point)
  }
  override batch(batch: Batch): void {
    this.emitBatch(batch)
  }
  override start(): void {
    this.context.ports.log.info(this.context.name, 'start')
  }
  override finish(): void {
    this.context.ports.log.info(this.context.name, 'finish')
  }
  override stop(): void {
    this.context.ports.log.info(this.context.name, 'stop')
  }
}

class Refusing extends Passing {
  constructor(...args: ConstructorParameters<typeof Passing>) {
    super(...args)
    throw new StartError('this one never starts')
  }
}

class Failing extends Passing {
  override start(): void {
    throw new StartError('cannot start')
  }
  override stop(): void {
    super.stop()
    throw new Error('cannot stop')
  }
}

class Counting extends Passing {
  override get collected(): number {
    return 40
  }
  override counters(): Record<string, number> {
    return { alerts_triggered: 2 }
  }
}

const slack: HandlerSpec = {
  name: 'slack',
  kind: 'slack',
  hostType: 'SlackHandler',
  summary: '',
  args: {},
  properties: { channel: t.string(''), id: t.int(''), loud: t.flag(''), tag: t.call('', { name: t.string('') }).all() },
  validate: ({ channel }) => (channel === 'bad' ? 'bad channel' : undefined)
}
const log: HandlerSpec = { ...slack, name: 'log', kind: 'log', hostType: 'LogHandler', args: { path: t.string('') } }

const addStats: LinkHook = (builder, parent, self) => {
  builder.addSource(self)
  if (parent.children.length === 0) builder.link(parent, builder.create('noop', {}, parent.wants))
  return self
}

const both = { summary: '', wants: 'either', provides: 'same' } as const
const define = (spec: NodeSpec, Class: typeof Passing = Passing) => defineNode(spec, Class)
const make = (spec: Parameters<typeof nodeSpec>[0]) => nodeSpec(spec) as unknown as NodeSpec

/** Nodes enough for every rule of the builder, none of which computes anything. */
export const testNodes: readonly NodeDefinition[] = [
  define(
    make({ ...both, name: 'stream', wants: 'stream', offeredBy: [], requiredFields: (_, below) => below }),
    Counting
  ),
  define(make({ ...both, name: 'batch', wants: 'batch', offeredBy: [] })),
  define(
    make({
      ...both,
      name: 'from',
      wants: 'stream',
      offeredBy: ['stream', 'from'],
      properties: {
        measurement: t.string(''),
        truncate: t.duration(''),
        where: t.lambda(''),
        groupBy: t.list(t.any('')),
        groupByMeasurement: t.flag('')
      },
      requiredFields: (_, below) => below
    })
  ),
  define(make({ ...both, name: 'query', wants: 'batch', offeredBy: ['batch'], args: { text: t.string('') } })),
  define(
    make({
      ...both,
      name: 'where',
      args: { condition: t.lambda('') },
      requiredFields: (_, below) => (below === 'all' ? below : new Set([...below, 'w']))
    })
  ),
  define(
    make({ ...both, name: 'eval', args: { lambdas: t.rest(t.lambda('')) }, properties: { as: t.list(t.string('')) } })
  ),
  define(
    make({
      ...both,
      name: 'window',
      provides: 'batch',
      properties: { period: t.duration('').default(SECOND), count: t.int(''), ratio: t.float(''), fill: t.any('') },
      refuses: (_, edge) => (edge === 'batch' ? 'cannot Window batch edge' : undefined),
      validate: ({ count }) => (count === 13 ? 'thirteen' : undefined)
    })
  ),
  define(
    make({
      ...both,
      name: 'mean',
      hostType: 'InfluxQLNode',
      args: { field: t.string('') },
      properties: { as: t.string('').sameAs('field') },
      requiredFields: ({ field }) => new Set([field as string])
    })
  ),
  define(make({ ...both, name: 'percentile', args: { field: t.string(''), percent: t.float('') } })),
  define(make({ ...both, name: 'join', args: { others: t.rest(t.node('')) } })),
  define(make({ ...both, name: 'pair', args: { other: t.node('') } })),
  define(make({ ...both, name: 'log' })),
  define(
    make({
      ...both,
      name: 'alert',
      properties: {
        crit: t.lambda(''),
        id: t.string('{{ .Name }}'),
        history: t.int('').default(21),
        noRecoveries: t.flag(''),
        flapping: t.call('', { low: t.float(''), high: t.float('') }),
        slack: t.handler(slack),
        log: t.handler(log)
      }
    })
  ),
  define(make({ ...both, name: 'influxDBOut', kind: 'influxdb_out', provides: 'none' })),
  define(make({ ...both, name: 'noop', offeredBy: [], requiredFields: (_, below) => below })),
  define(
    make({
      ...both,
      name: 'stats',
      wants: 'stream',
      provides: 'stream',
      offeredBy: 'every',
      args: { interval: t.duration('') },
      link: addStats
    })
  ),
  define(
    make({
      ...both,
      name: 'deadman',
      offeredBy: 'every',
      args: { threshold: t.float(''), interval: t.duration(''), conditions: t.rest(t.lambda('')) },
      link: (builder, parent, { options }) => {
        const stats = builder.create('stats', { interval: options['interval'] }, 'stream')
        addStats(builder, parent, stats)
        const alert = builder.create('alert', { id: builder.deadman.id }, 'stream')
        builder.link(stats, alert)
        return alert
      }
    })
  ),
  define(make({ ...both, name: 'refusing' }), Refusing),
  define(make({ ...both, name: 'failing' }), Failing)
]

export const testUdfs: ReadonlyMap<string, NodeDefinition> = new Map([
  [
    'echo',
    define(
      make({
        ...both,
        name: 'echo',
        hostType: 'UDFNode',
        wants: 'stream',
        udfOptions: new Map([
          ['field', ['STRING']],
          ['limits', ['INT', 'DOUBLE', 'DURATION', 'BOOL']]
        ])
      })
    )
  ]
])

export const noDeadman: DeadmanDefaults = {
  interval: 10n * SECOND,
  threshold: 0,
  id: 'dead',
  message: '',
  global: false
}

export function build(script: string, more: Partial<ScriptInput> = {}): Result<BuiltScript> {
  const program = parse(script)
  if (!program.ok) return program
  return buildGraph({
    program: program.value,
    type: 'stream',
    vars: new Map(),
    nodes: testNodes,
    dbrps: [],
    deadman: noDeadman,
    udfs: testUdfs,
    ...more
  })
}

/** The graph of a script that has no problem. */
export function graphOf(script: string, more?: Partial<ScriptInput>): BuiltScript['graph'] {
  const built = build(script, more)
  if (!built.ok) throw new Error(`${script}: ${built.error.message}`)
  return built.value.graph
}
