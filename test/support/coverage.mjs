import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, threadId } from 'node:worker_threads'

/*
 * Loaded before a test (scripts/test.ts), in its process and in each of its workers. Writes, when that thread ends,
 * which parts of the files in `src` it has loaded and not run: by file, pairs of offsets, in order, end exclusive. A
 * process that is killed writes nothing; a worker, which may be terminated, writes what it has not run in each period.
 * scripts/coverage.ts reads what is written: a part that is in all reports has not run.
 */

const FOLDER = fileURLToPath(new URL('../../.tap/covered/', import.meta.url))
const SOURCES = new URL('../../.stripped/src/', import.meta.url).href

/** How often a worker writes, since it may be terminated at any time. */
const PERIOD_MS = 500

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: !isMainThread, detailed: true })
mkdirSync(FOLDER, { recursive: true })
let count = 0
process.on('exit', write)
if (!isMainThread) setInterval(write, PERIOD_MS).unref()

function write() {
  session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
    const own = result.filter(({ url }) => url.startsWith(SOURCES))
    if (own.length === 0 && !isMainThread) return
    const files = own.map(({ url, functions }) => [url.slice(SOURCES.length), gapsIn(functions)])
    const report = { program: process.argv[1], files: Object.fromEntries(files) }
    writeFileSync(join(FOLDER, `${process.pid}-${threadId}-${count++}.json`), JSON.stringify(report))
  })
}

/** Ranges lie in one another: the innermost says whether a part ran. */
function gapsIn(functions) {
  const ranges = functions.flatMap(({ ranges }) => ranges)
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  const gaps = []
  const open = []
  let position = 0
  const moveTo = (offset) => {
    if (open.at(-1)?.count === 0 && offset > position) {
      if (gaps.at(-1)?.[1] === position) gaps.at(-1)[1] = offset
      else gaps.push([position, offset])
    }
    position = offset
  }
  const closeUntil = (offset) => {
    while (open.length > 0 && open.at(-1).endOffset <= offset) {
      moveTo(open.at(-1).endOffset)
      open.pop()
    }
  }
  for (const range of ranges) {
    closeUntil(range.startOffset)
    moveTo(range.startOffset)
    open.push(range)
  }
  closeUntil(Infinity)
  return gaps
}
