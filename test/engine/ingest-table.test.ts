import t from 'tap'
import { instantOfMillis } from '../../src/core/instant.ts'
import { NOBODY } from '../../src/engine/activity.ts'
import { IngestTable } from '../../src/engine/ingest-table.ts'
import type { StreamReader } from '../../src/engine/contract.ts'

const NOW = instantOfMillis(0)

function readerOf(isDeferred: boolean, seen: string[], measurements = ['']): StreamReader {
  return {
    isDeferred,
    owner: NOBODY,
    measurements: new Set(measurements),
    pendingFor: () => 0,
    requiredFields: () => 'all',
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

t.test('a measurement that nobody names costs nothing, however many readers name others', async (t) => {
  const table = new IngestTable('d', 'r', {})
  let asked = 0
  const seen: string[] = []
  for (let i = 0; i < 1000; i++) {
    const requiredFields = (measurement: string) => (asked++, measurement === `m${i}` ? ('all' as const) : undefined)
    table.add({ ...readerOf(false, seen, [`m${i}`]), requiredFields })
  }
  const names = (first: number, last: number): string =>
    Array.from({ length: last - first }, (_, i) => `m${first + i} v=1 1`).join('\n')
  table.write(Buffer.from(names(1000, 2000)), 'n', NOW)
  t.strictSame([asked, seen], [0, []])
  table.write(Buffer.from(names(995, 1005)), 'n', NOW)
  t.strictSame([asked, seen.length], [5, 5], 'only those are asked, and read, that name one')
})

t.test('fields that are wanted of every measurement are read of one that others name, too', async (t) => {
  const table = new IngestTable('d', 'r', {})
  const fields: string[] = []
  const read: StreamReader['read'] = ({ schemas, length }) => {
    for (let i = 0; i < length; i++) fields.push(schemas[i]!.names.join(' '))
  }
  const all = { ...readerOf(false, []), requiredFields: () => new Set(['a']), read }
  const one = {
    ...readerOf(false, [], ['m']),
    requiredFields: (name: string) => (name === 'm' ? new Set(['b']) : undefined)
  }
  table.add(all)
  table.add({ ...one, read: () => {} })
  const write = (): void => void table.write(Buffer.from('m a=1,b=1,c=1 1\nn a=1,b=1,c=1 1'), 'n', NOW)
  write()
  t.strictSame(fields.splice(0), ['a b', 'a'])
  table.remove(all)
  table.add({ ...all, requiredFields: () => new Set(['c']) })
  write()
  t.strictSame(fields, ['b c', 'c'], 'also after another one has come')
})
