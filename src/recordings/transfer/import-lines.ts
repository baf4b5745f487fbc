import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { wallClock } from '../../core/clock.ts'
import { LineEnd } from '../../lineproto/lines.ts'
import { LineParser } from '../../lineproto/parser.ts'
import { precisionOf } from '../../lineproto/precision.ts'
import { dbrpKey } from '../../model/dbrp.ts'
import { PointColumns } from '../../model/point-columns.ts'
import type { ImportContext, ImportSource } from './import-job.ts'

const CHUNK_BYTES = 1 << 20
/** One line is in memory as a whole; a write cannot have a longer one, unless `http.max-body-bytes` is raised. */
const MAX_LINE_BYTES = 32 * 1024 * 1024
/** Each database and retention policy has a parser of its own, which remembers its series. */
const MAX_PLACES = 1000
const CONTEXT_START = Buffer.from('# CONTEXT-')
const CONTEXT = /^#\s*CONTEXT-(DATABASE|RETENTION-POLICY):\s?(.*)$/

/**
 * Reads line protocol with the places as comments, as InfluxDB's own exports have them. One bad line refuses all.
 * Memory is bounded by a chunk and the longest line, time by the bytes: none is looked at twice for the end of its line.
 */
export async function importLines(source: ImportSource, { sink, signal, advance }: ImportContext): Promise<void> {
  const { file } = source
  const precision = precisionOf(source.precision)
  const { size } = await stat(file)
  const now = wallClock.now()
  const parsers = new Map<string, LineParser>()
  const columns = new PointColumns()
  let { db, rp } = source

  const parserOf = (): LineParser => {
    const key = dbrpKey(db, rp)
    let parser = parsers.get(key)
    if (parser === undefined) {
      if (parsers.size >= MAX_PLACES) {
        throw new Error(`the file has points of more than ${MAX_PLACES} databases and retention policies`)
      }
      parsers.set(key, (parser = new LineParser({ db, rp, requiredFields: () => 'all' })))
    }
    return parser
  }

  /** Whole lines of one place. */
  const take = async (lines: Buffer): Promise<void> => {
    if (lines.length === 0) return
    const problems = parserOf().parse(lines, precision, now, columns)
    if (problems !== undefined) throw new Error(problems)
    sink.columns(columns)
    columns.clear()
    await sink.flush()
  }

  /** @returns false where the line is none that changes the place of those after it. */
  const takeContext = (line: Buffer): boolean => {
    const [, what, value] = CONTEXT.exec(line.toString().trimEnd()) ?? []
    if (what === 'DATABASE') db = value!
    else if (what !== undefined) rp = value!
    return what !== undefined
  }

  const ends = new LineEnd()
  /** The beginning of a line whose end has not been read. */
  let pieces: Buffer[] = []
  let pieceBytes = 0
  let done = 0
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, signal }) as AsyncIterable<Buffer>) {
    /** Begin of the lines that are not taken yet. */
    let start = 0
    let lineStart = 0
    for (let end = ends.find(chunk, 0, chunk.length); end < chunk.length;) {
      const next = end + 1
      if (pieces.length > 0) {
        const line = Buffer.concat([...pieces, chunk.subarray(0, next)])
        if (!startsContext(line, 0) || !takeContext(line)) await take(line)
        pieces = []
        pieceBytes = 0
        start = next
      } else if (startsContext(chunk, lineStart)) {
        await take(chunk.subarray(start, lineStart))
        start = takeContext(chunk.subarray(lineStart, next)) ? next : lineStart
      }
      lineStart = next
      end = ends.find(chunk, next, chunk.length)
    }
    await take(chunk.subarray(start, lineStart))
    if (lineStart < chunk.length) pieces.push(chunk.subarray(lineStart))
    pieceBytes += chunk.length - lineStart
    if (pieceBytes > MAX_LINE_BYTES) throw new Error(`a line is longer than ${MAX_LINE_BYTES} bytes`)
    done += chunk.length
    advance(done / size)
  }
  const last = Buffer.concat(pieces)
  if (!startsContext(last, 0) || !takeContext(last)) await take(last)
}

function startsContext(bytes: Buffer, at: number): boolean {
  return bytes.length - at > CONTEXT_START.length && CONTEXT_START.compare(bytes, at, at + CONTEXT_START.length) === 0
}
