import t from 'tap'
import type { Shard } from '../../src/shards/shard.ts'
import { ShardWrites } from '../../src/shards/writes.ts'
import { bodyOf } from '../support/engine.ts'
import { fakeShard } from './thread.ts'

const STALL_LIMIT_MS = 60_000

function writesTo(...readers: Shard[]) {
  for (const shard of readers) shard.open()
  const writes = new ShardWrites({ readersOf: () => readers }, STALL_LIMIT_MS)
  const given: ArrayBuffer[] = []
  const give = (bytes: ArrayBuffer): void => void given.push(bytes)
  const body = (lines: string) => ({ db: 'db', rp: 'rp', ...bodyOf(lines) })
  return {
    given,
    write: (lines: string, deadlineMs = 30_000) =>
      writes.write({ ...body(lines), precision: 'n', isCounted: true }, deadlineMs, give),
    writeLooped: (lines: string, onProcessed: () => void) =>
      writes.writeLooped({ ...body(lines), hop: 2 }, 30_000, give, onProcessed)
  }
}

t.test('one reader gets the bytes themselves, and the buffer comes back with the answer', async (t) => {
  const { shard, thread } = fakeShard()
  const { write, given } = writesTo(shard)
  const written = write('m v=1 1')
  const message = await thread.next('write')
  t.match(message, { db: 'db', rp: 'rp', length: 7, hop: 0, isCounted: true })
  t.ok(message.bytes instanceof ArrayBuffer)
  t.equal(shard.gate.inFlightBytes, 7)
  thread.done(message, { answer: 'bad line', bytes: message.bytes as ArrayBuffer })
  t.equal(await written, 'bad line')
  t.same([given.length, shard.gate.inFlightBytes], [1, 0])
  shard.close()
})

t.test('several readers share one copy, one of them counts its points, and all of them are waited for', async (t) => {
  const [a, b] = [fakeShard(), fakeShard()]
  const { write, given } = writesTo(a.shard, b.shard)
  const order: string[] = []
  const written = write('m v=1 1').then(() => order.push('answered'))
  const [first, second] = [await a.thread.next('write'), await b.thread.next('write')]
  t.ok(first.bytes instanceof SharedArrayBuffer && second.bytes instanceof SharedArrayBuffer)
  t.same([first.isCounted, second.isCounted, given.length], [true, false, 1])
  a.thread.done(first)
  const asked = a.shard.ask({ kind: 'gauges' })
  a.thread.done(await a.thread.next('gauges'))
  await asked
  order.push('the other')
  b.thread.done(second)
  await written
  t.same(order, ['the other', 'answered'])
  for (const { shard } of [a, b]) shard.close()
})

t.test('a body that one of its readers has no room for is sent to none and takes no room of the other', async (t) => {
  const [a, b] = [fakeShard(), fakeShard({ maxInFlightBytes: 1 })]
  const { write } = writesTo(a.shard, b.shard)
  await b.shard.gate.admit(1, 0)
  await t.rejects(write('m v=1 1', 0), { code: 'WRITE_BUSY' })
  t.equal(a.shard.gate.inFlightBytes, 0)
  a.shard.post({ kind: 'ping' })
  await a.thread.next('ping')
  for (const { shard } of [a, b]) shard.close()
})

t.test('a write is answered when the events that came before its answer are stored', async (t) => {
  const { shard, thread } = fakeShard({}, (raiser, message) => {
    if (message.kind === 'events') raiser.commits.track(1, Promise.reject(new Error('disk full')))
  })
  const { write } = writesTo(shard)
  const written = write('m v=1 1')
  const message = await thread.next('write')
  thread.post({ kind: 'events', events: [] })
  thread.done(message)
  await t.rejects(written, { message: 'disk full' })
  shard.close()
})

t.test('what is written back is processed once all of its readers hold it, and told so once', async (t) => {
  const [a, b] = [fakeShard(), fakeShard()]
  const { writeLooped } = writesTo(a.shard, b.shard)
  let told = 0
  let tell: () => void = () => {}
  const processed = new Promise<void>((resolve) => (tell = resolve))
  const written = writeLooped('m v=1 1', () => {
    told++
    tell()
  })
  const [first, second] = [await a.thread.next('write'), await b.thread.next('write')]
  t.match([first.hop, a.shard.gate.inFlightBytes], [2, 0], 'its bytes are counted by who wrote it')
  a.thread.post({ kind: 'held', request: first.request })
  b.thread.done(second, { answer: { points: 1, reason: 'bad line' } })
  await processed
  a.thread.done(first)
  t.same(await written, { points: 1, reason: 'bad line' })
  t.equal(told, 1)
  for (const { shard } of [a, b]) shard.close()
})
