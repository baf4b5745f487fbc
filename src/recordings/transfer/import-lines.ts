import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { wallClock } from '../../core/clock.ts'
import { endOfLine } from '../../lineproto/lines.ts'
import { LineParser } from '../../lineproto/parser.ts'
import { precisionOf } from '../../lineproto/precision.ts'
import { dbrpKey } from '../../model/dbrp.ts'
import { Staged } from '../../model/staged.ts'
import type { ImportContext, ImportSource } from './import-job.ts'

const CHUNK_BYTES = 1 << 20
const NEWLINE = 10
const CONTEXT = /^#\s*CONTEXT-(DATABASE|RETENTION-POLICY):\s?(.*)$/

/** Reads line protocol with the places as comments, as InfluxDB's own exports have them. One bad line refuses all. */
export async function importLines(source: ImportSource, { sink, signal, advance }: ImportContext): Promise<void> {
  const { file } = source
  const precision = precisionOf(source.precision)
  const { size } = await stat(file)
  const now = wallClock.now()
  const parsers = new Map<string, LineParser>()
  const staged = new Staged()
  let { db, rp } = source
  let done = 0
  let rest = Buffer.alloc(0)

  const take = async (lines: Buffer): Promise<void> => {
    if (lines.length === 0) return
    const key = dbrpKey(db, rp)
    let parser = parsers.get(key)
    if (parser === undefined) parsers.set(key, (parser = new LineParser({ db, rp, demand: () => 'all' })))
    const complaints = parser.parse(lines, precision, now, staged)
    if (complaints !== undefined) throw new Error(complaints)
    sink.staged(staged)
    staged.clear()
    await sink.flush()
  }

  /** Whole lines; a comment may change the place of those after it. */
  const takeAll = async (bytes: Buffer): Promise<void> => {
    let start = 0
    for (let at = bytes.indexOf('# CONTEXT-'); at >= 0; at = bytes.indexOf('# CONTEXT-', at + 1)) {
      if (at > 0 && bytes[at - 1] !== NEWLINE) continue
      const end = endOfLine(bytes, at, bytes.length)
      const [, what, value] = CONTEXT.exec(bytes.toString('utf8', at, end).trimEnd()) ?? []
      if (what === undefined) continue
      await take(bytes.subarray(start, at))
      if (what === 'DATABASE') db = value!
      else rp = value!
      start = end
    }
    await take(bytes.subarray(start))
  }

  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, signal }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = endOfWholeLines(bytes)
    await takeAll(bytes.subarray(0, end))
    rest = Buffer.from(bytes.subarray(end))
    done += chunk.length
    advance(done / size)
  }
  await takeAll(rest)
}

/** A newline inside a quoted string does not end a line, so they are gone through one by one. */
function endOfWholeLines(bytes: Buffer): number {
  let end = 0
  for (let next = endOfLine(bytes, 0, bytes.length); next < bytes.length; next = endOfLine(bytes, end, bytes.length)) {
    end = next + 1
  }
  return end
}
