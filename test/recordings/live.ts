import { join } from 'node:path'
import { nanosOf } from '../../src/core/instant.ts'
import { NOBODY } from '../../src/engine/activity.ts'
import { AlertOutlet } from '../../src/engine/alert-outlet.ts'
import { HttpRoutes } from '../../src/engine/http-routes.ts'
import { Inhibitors } from '../../src/engine/inhibitors.ts'
import { IngestTable } from '../../src/engine/ingest-table.ts'
import { LoopbackQueue } from '../../src/engine/loopback-queue.ts'
import type { ReplayHost } from '../../src/engine/replay/task.ts'
import { SeriesSlots } from '../../src/engine/series-slots.ts'
import { TaskHost, type TaskWorld } from '../../src/engine/task-host.ts'
import type { HttpPort } from '../../src/graph/ports.ts'
import { formatPoint } from '../../src/lineproto/format.ts'
import { precisionOf } from '../../src/lineproto/precision.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import type { Instant } from '../../src/core/instant.ts'
import { Recorder } from '../../src/archive/recorder.ts'
import type { RecordBatch, ToArchive } from '../../src/archive/record-batch.ts'
import { ArchiveWriter } from '../../src/archive/writer.ts'
import type { RunnableTask } from '../../src/graph/task.ts'
import { engineSettings } from '../support/engine.ts'
import type { ManualClock } from '../support/manual-clock.ts'

const END_OF_TIME: Instant = { ms: Number.MAX_SAFE_INTEGER, ns: 0 }

/** Everything that a task lets out. */
export class Outputs {
  failure = ''
  bodies: Record<string, string> = {}
  onEvents: (task: string, events: number) => void = () => {}
  readonly #master: string
  readonly #posts: string[] = []
  readonly #events: AlertEvent[] = []
  readonly #looped: string[] = []

  /** @param master First part of the names of its anonymous topics. */
  constructor(master: string) {
    this.#master = master
  }

  /** Answers as the capturing server of the cases; everything else is refused. */
  readonly http: HttpPort = {
    post: ({ url, body, headers }) => {
      this.#posts.push(`${url} ${JSON.stringify(headers)} ${body}`)
      const [, status] = /^@CAPTURE@.*?(?:\?status=(\d+))?$/.exec(url) ?? []
      if (!url.startsWith('@CAPTURE@')) return Promise.reject(new Error('connection refused'))
      return Promise.resolve({ status: Number(status ?? 200), body: '{}' })
    },
    findEndpoint: () => undefined
  }

  event(event: AlertEvent): void {
    this.#events.push(event)
  }

  loop(lines: string): void {
    this.#looped.push(...lines.split('\n'))
  }

  /** In the order in which it came, with the names of topics made alike. */
  get all(): object {
    const events = this.#events.map(({ topics, ...event }) => ({
      ...event,
      topics: topics.map((topic) => topic.replace(`${this.#master}:`, 'MASTER:'))
    }))
    return { posts: this.#posts, events, looped: this.#looped, bodies: this.bodies }
  }

  /** The world of a replay. */
  host(clock: ManualClock): ReplayHost {
    const host: ReplayHost['host'] = {
      log() {},
      replayStateCopied() {},
      replayEvents: (task, events) => {
        for (const event of events) this.event(event)
        queueMicrotask(() => this.onEvents(task, events.length))
      }
    }
    const loopback = new LoopbackQueue(engineSettings.loopback, ({ lines }, fate) => {
      this.loop(lines)
      fate.processed()
      fate.ended(undefined)
    })
    return {
      settings: engineSettings,
      host,
      http: this.http,
      influx: { findCluster: () => undefined },
      clock,
      loopback
    }
  }
}

interface Live {
  readonly task: RunnableTask
  readonly running: TaskHost
  readonly recorder: Recorder
  readonly recordBatches: RecordBatch[]
  readonly outputs: Outputs
}

/** Tasks at work as in a shard, each of them recorded. */
export class LiveRun {
  readonly #clock: ManualClock
  readonly #startedNs: bigint
  readonly #tables = new Map<string, IngestTable>()
  readonly #lives: Live[] = []
  readonly #loop: { db: string; rp: string; lines: string }[] = []
  readonly #slots = new SeriesSlots()

  constructor(tasks: readonly RunnableTask[], clock: ManualClock) {
    this.#clock = clock
    this.#startedNs = nanosOf(clock.now())
    for (const task of tasks) {
      const live = this.#start(task)
      if (live !== undefined) this.#lives.push(live)
    }
  }

  async write(bodies: readonly string[], query: URLSearchParams): Promise<void> {
    const [db, rp] = [query.get('db') ?? 'db', query.get('rp') ?? 'autogen']
    for (const body of bodies) this.#write(db, rp, body, query.get('precision') ?? 'n')
    await this.drained()
  }

  /** What loops back comes in after that which made it. */
  async drained(): Promise<void> {
    do {
      for (const { db, rp, lines } of this.#loop.splice(0)) this.#write(db, rp, lines, 'n')
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#loop.length > 0 || this.#lives.some(({ running }) => running.pending > 0))
  }

  /** Ends the recordings, then the tasks. */
  async end(folder: string) {
    const runs = []
    for (const [index, { task, running, recorder, recordBatches, outputs }] of this.#lives.entries()) {
      recorder.end(this.#clock.now())
      await running.stop()
      await running.released
      const archive = join(folder, `${index}.duckdb`)
      const writer = await ArchiveWriter.create(archive, 'stream', this.#startedNs)
      for (const recordBatch of recordBatches) await writer.write(recordBatch)
      await writer.finish(nanosOf(this.#clock.now()))
      writer.close()
      runs.push({ task, archive, outputs })
    }
    return runs
  }

  #write(db: string, rp: string, body: string, precision: string): void {
    const table = this.#table(db, rp)
    table.write(Buffer.from(body), precisionOf(precision), this.#clock.now())
    table.finish()
  }

  #table(db: string, rp: string): IngestTable {
    const key = `${db} ${rp}`
    let table = this.#tables.get(key)
    if (table === undefined) this.#tables.set(key, (table = new IngestTable(db, rp, {})))
    return table
  }

  #start(task: RunnableTask): Live | undefined {
    const outputs = new Outputs('main')
    let running: TaskHost
    try {
      running = TaskHost.start(task, this.#world(outputs))
    } catch {
      return undefined // The case is about that.
    }
    const recordBatches: RecordBatch[] = []
    const measurements = task.dbrps.length > 0 ? [''] : []
    const recorder = new Recorder(
      { measurements, stop: END_OF_TIME },
      {
        clock: this.#clock,
        owner: NOBODY,
        slot: this.#slots.take(),
        send: (message: ToArchive) => void (message.kind === 'records' && recordBatches.push(message.recordBatch)),
        ended() {}
      }
    )
    for (const { db, rp } of task.dbrps) {
      this.#table(db, rp).add(running)
      this.#table(db, rp).add(recorder)
    }
    return { task, running, recorder, recordBatches, outputs }
  }

  #world(outputs: Outputs): TaskWorld {
    return {
      ...{ taskMaster: 'main', settings: engineSettings, log() {}, clock: this.#clock, queries: 'scheduled' },
      alerts: new AlertOutlet(new Inhibitors('live', () => {}), {
        events: (events) => {
          for (const event of events) outputs.event(event)
        },
        stateCopied() {}
      }),
      routes: new HttpRoutes((path, body) => (outputs.bodies[path] = body())),
      ...{ http: outputs.http, influx: { findCluster: () => undefined }, slots: this.#slots },
      loopbackOf: () => ({
        write: (points) => {
          for (const point of points) {
            const { database: db, retentionPolicy: rp } = point.series
            const lines = formatPoint(point)
            if (typeof lines !== 'string') continue
            outputs.loop(lines)
            this.#loop.push({ db, rp, lines })
          }
        }
      }),
      onFailed: (_task, message) => (outputs.failure = message)
    }
  }
}
