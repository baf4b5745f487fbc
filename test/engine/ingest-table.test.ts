import t from 'tap'
import { instantOfMillis } from '../../src/core/instant.ts'
import { NOBODY } from '../../src/engine/activity.ts'
import { IngestTable } from '../../src/engine/ingest-table.ts'
import type { StreamReader } from '../../src/engine/contract.ts'

const NOW = instantOfMillis(0)

function readerOf(isDeferred: boolean, seen: string[]): StreamReader {
  return {
    isDeferred,
    owner: NOBODY,
    pendingFor: () => 0,
    demand: () => 'all',
    read: ({ length, series }) => void seen.push(`${isDeferred ? 'later' : 'at once'} ${series[0]!.name} ${length}`),
    whenDrainedFor: () => Promise.resolve()
  }
}

t.test(
  'a deferred reader gets each body once, after the others: when it is finished, or before the next one',
  async (t) => {
    const table = new IngestTable('d', 'r', {})
    const seen: string[] = []
    table.add(readerOf(true, seen))
    table.add(readerOf(false, seen))
    const write = (body: string) => table.write(Buffer.from(body), 'n', NOW)

    write('a v=1 1\na v=2 2')
    t.strictSame(seen.splice(0), ['at once a 2'])
    table.finish()
    table.finish()
    t.strictSame(seen.splice(0), ['later a 2'])
    write('b v=1 1')
    write('c v=1 1')
    t.strictSame(seen.splice(0), ['at once b 1', 'later b 1', 'at once c 1'])
    t.match(write('d v='), /missing field value/)
    table.finish()
    t.strictSame(seen, ['later c 1'], 'a bad body is read by nobody')
  }
)
