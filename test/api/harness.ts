import { join } from 'node:path'
import type { Test } from 'tap'
import type { App } from '../../src/api/app.ts'
import { Audit } from '../../src/auth/audit.ts'
import { configEndpoints } from '../../src/api/endpoints/config.ts'
import { debugVarsEndpoints } from '../../src/api/endpoints/debug-vars.ts'
import { logLevelEndpoints } from '../../src/api/endpoints/loglevel.ts'
import { logEndpoints } from '../../src/api/endpoints/logs.ts'
import { metricsEndpoints } from '../../src/api/endpoints/metrics.ts'
import { pingEndpoints } from '../../src/api/endpoints/ping.ts'
import { backtestEndpoints } from '../../src/api/endpoints/backtests.ts'
import { recordingFileEndpoints } from '../../src/api/endpoints/recording-files.ts'
import { replayScanEndpoints } from '../../src/api/endpoints/replay-scans.ts'
import { recordingEndpoints } from '../../src/api/endpoints/recordings.ts'
import { replayEndpoints } from '../../src/api/endpoints/replays.ts'
import { storageEndpoints } from '../../src/api/endpoints/storage.ts'
import { subscriptionEndpoints } from '../../src/api/endpoints/subscriptions.ts'
import { taskEndpoints } from '../../src/api/endpoints/tasks.ts'
import { templateEndpoints } from '../../src/api/endpoints/templates.ts'
import { createMetrics } from '../../src/api/metrics.ts'
import type { Services } from '../../src/api/services.ts'
import type { Environment } from '../../src/config/env.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigOverrides } from '../../src/config/overrides.ts'
import { GoMemoryWatch } from '../../src/core/go-memory.ts'
import { SECOND } from '../../src/core/duration.ts'
import { createLogger, silentLogger } from '../../src/core/logger.ts'
import { nodes } from '../../src/nodes/index.ts'
import { Database } from '../../src/store/db.ts'
import { AuditStore } from '../../src/store/audit.ts'
import { OverrideStore } from '../../src/store/overrides.ts'
import { Archives } from '../../src/recordings/archives.ts'
import { Backtests } from '../../src/recordings/backtest.ts'
import { ReplayEvents } from '../../src/recordings/replay-events.ts'
import type { ReplayPool } from '../../src/recordings/replay-contract.ts'
import { ReplayService } from '../../src/recordings/replays.ts'
import { type RecorderPool, RecordingService } from '../../src/recordings/service.ts'
import { RecordingStore } from '../../src/store/recordings.ts'
import { ReplayStore } from '../../src/store/replays.ts'
import { Catalog } from '../../src/tasks/catalog.ts'
import { Compiler } from '../../src/tasks/compiler.ts'
import type { RunnableTask, TaskRunner, TaskStats, TopicState } from '../../src/graph/task.ts'
import type { TopicPort } from '../../src/tasks/runs.ts'
import { TaskService } from '../../src/tasks/service.ts'
import { TemplateService } from '../../src/tasks/templates.ts'
import { testApp, testIntake } from '../support/app.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A server over the API with the real services, and a runner and topics that only note what they are asked. */
export interface Harness {
  readonly app: App
  /** Without topics, writes and the like. */
  readonly services: Omit<
    Services,
    | 'notify'
    | 'notifyFiles'
    | 'serviceTests'
    | 'alerts'
    | 'ingest'
    | 'writeIntake'
    | 'maxBodyBytes'
    | 'users'
    | 'tokens'
  >
  readonly runner: FakeRunner
  readonly topics: FakeTopics
  readonly clock: ManualClock
  readonly db: Database
  /** `POST /tasks BODY` and the like; paths are below the base. */
  call(request: string, body?: unknown): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** The parsed body, or its text where it is no JSON. */
  readonly body: Record<string, unknown>
}

export const DEADMAN = { interval: 10n * SECOND, threshold: 0, id: 'id', message: 'message', global: false }

const ENDPOINTS = [
  ...[pingEndpoints, taskEndpoints, templateEndpoints, logLevelEndpoints, logEndpoints],
  ...[configEndpoints, debugVarsEndpoints, metricsEndpoints, storageEndpoints, subscriptionEndpoints],
  ...[recordingEndpoints, recordingFileEndpoints, replayEndpoints, replayScanEndpoints, backtestEndpoints]
]

/** @param environment Of the configuration, which is the default one otherwise. */
export async function startHarness(
  t: Test,
  db?: Database,
  environment: Environment = {},
  shards: RecorderPool & ReplayPool = NO_SHARDS
): Promise<Harness> {
  const store = db ?? (await Database.open(':memory:'))
  const clock = new ManualClock(1_600_000_000_000)
  const runner = new FakeRunner()
  const topics = new FakeTopics()
  const log = createLogger({ write() {} })
  const globals = () => ({ kinds: [], stateChangesOnly: false })
  const catalog = await Catalog.open(store, log)
  const compiler = new Compiler(nodes, DEADMAN)
  const tasks = new TaskService({ catalog, compiler, runner, topics, globals, clock, log })
  const templates = new TemplateService(catalog, compiler, tasks, clock)
  const { config } = loadConfig({ file: 'config/kapok.yaml', environment })
  const overrides = await ConfigOverrides.open(config, new OverrideStore(store), log)
  const archives = new Archives(join(t.testdirName, 'recordings'), Infinity, log)
  const common = { archives, tasks, clock, log }
  const events = new ReplayEvents()
  const recordings = await RecordingService.open({
    ...common,
    store: new RecordingStore(store),
    recorders: shards,
    clusters: () => [],
    timeZone: ''
  })
  const replays = await ReplayService.open({
    ...{ ...common, recordings, globals, events },
    store: new ReplayStore(store),
    shards,
    topics: () => ({ open() {}, collect: () => Promise.resolve(), copyState() {}, close: () => Promise.resolve() })
  })
  const backtests = new Backtests({ ...{ recordings, archives, tasks }, shards, events, globals })
  const memory = new GoMemoryWatch()
  t.teardown(() => memory.close())
  const services = {
    ...{ tasks, templates, recordings, replays, backtests, clock, log, overrides, db: store, intake: testIntake() },
    importLimits: { maxBytes: 1_000_000, totalMs: Infinity },
    audit: await Audit.open(new AuditStore(store), { rows: 1000, ageMs: 1e9 }, clock, silentLogger),
    server: { hostname: 'host', clusterId: 'c', serverId: 's' },
    subscriptions: { count: 3, refresh: () => Promise.resolve() },
    statistics: () => Promise.resolve([{ name: 'topics', tags: { id: 't' }, values: { collected: 1 } }]),
    memory: () => memory.read(),
    reload: () => Promise.resolve(),
    metrics: createMetrics({
      tasks,
      counters: () => ({ things: { help: 'Things.', value: 7 } }),
      shards: () => Promise.resolve([{ name: 'shard-0', series: 3 }])
    })
  }
  const app = testApp({ log, audit: services.audit })
  for (const add of ENDPOINTS) add(app, services)
  if (db === undefined) t.teardown(() => store.close())

  const call = async (request: string, body?: unknown): Promise<Answer> => {
    const [method, path] = request.split(' ') as ['GET', string]
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    const answer = await app.inject({ method, url: `/kapacitor/v1${path}`, ...payload })
    const text = answer.body
    let json: unknown = text
    try {
      json = JSON.parse(text)
    } catch {
      // It is no JSON.
    }
    return { status: answer.statusCode, text, body: json as Record<string, unknown> }
  }
  return { app, services, runner, topics, clock, db: store, call }
}

/** Nothing is recorded or replayed here. */
export const NO_SHARDS: RecorderPool & ReplayPool = {
  record: () => Promise.reject(new Error('no shard records')),
  cutRecording() {},
  forgetRecording() {},
  replay: () => Promise.reject(new Error('no shard replays')),
  cancelReplay() {},
  replayTaskStats: () => Promise.resolve(undefined),
  replayTaskHttpOut: () => Promise.resolve(undefined)
}

export class FakeRunner implements TaskRunner {
  readonly running = new Map<string, RunnableTask>()
  /** `start ID` and `stop ID`, in order. */
  readonly calls: string[] = []
  /** Script of a task → what its start fails with. */
  readonly refusals = new Map<string, string | Error>()
  readonly endpoints = new Map<string, string>()
  taskStats: TaskStats = { throughput: 0, nodes: {}, edges: [] }
  #listener: (id: string, message: string) => void = () => {}

  start(task: RunnableTask): Promise<void> {
    this.calls.push(`start ${task.id}`)
    const refusal = this.refusals.get(task.script)
    if (refusal !== undefined) return Promise.reject(refusal instanceof Error ? refusal : new Error(refusal))
    this.running.set(task.id, task)
    return Promise.resolve()
  }

  stop(id: string): Promise<void> {
    if (this.running.delete(id)) this.calls.push(`stop ${id}`)
    return Promise.resolve()
  }

  stats(id: string): Promise<TaskStats | undefined> {
    return Promise.resolve(this.running.has(id) ? this.taskStats : undefined)
  }

  httpOut(id: string, path: string): Promise<string | undefined> {
    return Promise.resolve(this.endpoints.get(`${id}/${path}`))
  }

  onFailed(listener: (id: string, message: string) => void): void {
    this.#listener = listener
  }

  fail(id: string, message: string): void {
    this.running.delete(id)
    this.#listener(id, message)
  }

  takeCalls(): string[] {
    return this.calls.splice(0)
  }
}

export class FakeTopics implements TopicPort {
  readonly calls: string[] = []
  readonly states: TopicState[] = []
  refusal: string | undefined

  checkHandlersAllowed(): void {}

  openTaskTopic(topic: string, handlers: readonly { readonly kind: string }[]): void {
    this.calls.push(`open ${topic} ${handlers.map(({ kind }) => kind).join()}`)
    if (this.refusal !== undefined) throw new Error(this.refusal)
  }

  closeTaskTopic(topic: string): void {
    this.calls.push(`close ${topic}`)
  }

  deleteTaskTopic(topic: string): void {
    this.calls.push(`delete ${topic}`)
  }

  stateSnapshot(topics: readonly string[]) {
    return this.states
      .filter(({ topic }) => topics.includes(topic))
      .map(({ eventId, ...state }) => ({ ...state, id: eventId }))
  }

  takeCalls(): string[] {
    return this.calls.splice(0)
  }
}
