import { type Instant, instantOfMillis, nanosOf } from '../../src/core/instant.ts'
import { NOBODY } from '../../src/engine/activity.ts'
import { LineParser } from '../../src/lineproto/parser.ts'
import type { RequiredFields } from '../../src/model/required-fields.ts'
import { PointColumns } from '../../src/model/point-columns.ts'
import { buffersOf, type ToArchive } from '../../src/archive/record-batch.ts'
import { ArchiveReader } from '../../src/archive/reader.ts'
import { Recorder, type RecorderOptions } from '../../src/archive/recorder.ts'
import { ArchiveWriter } from '../../src/archive/writer.ts'
import { ManualClock } from '../support/manual-clock.ts'

export const END_OF_TIME: Instant = { ms: Number.MAX_SAFE_INTEGER, ns: 0 }

/** A recorder with parsers of its own, and what it sends. */
export class RecorderRig {
  readonly clock = new ManualClock(1000)
  readonly sent: ToArchive[] = []
  endings = 0
  readonly recorder: Recorder
  readonly #parsers = new Map<string, LineParser>()
  readonly #columns = new PointColumns()

  constructor(options: Partial<RecorderOptions> = {}) {
    const send = (message: ToArchive): void => void this.sent.push(message)
    const host = { owner: NOBODY, clock: this.clock, slot: 0, send, ended: () => this.endings++ }
    this.recorder = new Recorder({ measurements: [''], stop: END_OF_TIME, ...options }, host)
  }

  write(body: string, db = 'db', rp = 'rp'): this {
    const key = `${db} ${rp}`
    let parser = this.#parsers.get(key)
    if (parser === undefined) {
      parser = new LineParser({ db, rp, requiredFields: (measurement) => this.recorder.requiredFields(measurement) })
      this.#parsers.set(key, parser)
    }
    const problems = parser.parse(Buffer.from(body), 'n', this.clock.now(), this.#columns)
    if (problems !== undefined) throw new Error(problems)
    if (this.#columns.length > 0) this.recorder.read(this.#columns, this.clock.now())
    this.#columns.clear()
    return this
  }

  /** Ends the recording and writes it. */
  async archive(path: string): Promise<void> {
    this.recorder.end(this.clock.now())
    const writer = await ArchiveWriter.create(path, 'stream', nanosOf(instantOfMillis(1000)))
    for (const message of this.sent) {
      if (message.kind === 'records') {
        await writer.write(message.recordBatch)
        this.recorder.onMessage({
          kind: 'stored',
          bytes: message.recordBatch.bytes,
          buffers: buffersOf(message.recordBatch)
        })
      } else if (message.kind === 'end') await writer.finish(message.timeNs)
    }
    writer.close()
  }

  /** Points that were sent. */
  get points(): number {
    return this.sent.reduce((sum, message) => sum + (message.kind === 'records' ? message.recordBatch.points : 0), 0)
  }
}

/** The points of an archive, one a line, as exactly as text can say it: types, order of fields, arrivals. */
export async function textOf(
  path: string,
  requiredFields: (measurement: string) => RequiredFields | undefined = () => 'all'
): Promise<string[]> {
  const reader = await ArchiveReader.open(path)
  try {
    const plans = await reader.plan(({ measurement }) => requiredFields(measurement))
    const lines: string[] = []
    const columns = new PointColumns()
    const size = await reader.windowPoints(plans)
    for (let start = 0; start < reader.points; start += size) {
      const window = await reader.window(plans, start, start + size)
      while (!window.isAtEnd) {
        const arrival = window.takeBody()
        if (arrival !== undefined) lines.push(`at ${nanosOf(arrival)}`)
        window.appendTo(columns)
        lines.push(...linesOf(columns))
        columns.clear()
      }
    }
    return lines
  } finally {
    reader.close()
  }
}

function linesOf({ series, times, schemas, values, length }: PointColumns): string[] {
  return Array.from({ length }, (_, i) => {
    const { database, retentionPolicy, name, tags } = series[i]!
    const key = [`${database}.${retentionPolicy}.${name}`, ...[...tags.entries()].map((tag) => tag.join('='))].join(',')
    const fields = schemas[i]!.names.map((field, at) => {
      const value = values[i]![at]!
      const text = typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value)
      return `${field}:${schemas[i]!.types[at]!}=${text}`
    })
    return `${key} ${fields.join(' ')} ${nanosOf(times[i]!)}`
  })
}
