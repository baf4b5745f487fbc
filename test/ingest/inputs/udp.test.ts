import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createLogger } from '../../../src/core/logger.ts'
import type { InputBatch } from '../../../src/ingest/inputs/input.ts'
import { OpenInputs } from '../../../src/ingest/inputs/open-inputs.ts'
import { udp } from '../../../src/ingest/inputs/udp.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** A batch that an input has handed on, and the ways to answer for it. */
interface Handed {
  readonly place: string
  readonly bytes: Uint8Array
  acknowledge(problems?: string): void
  refuse(error: Error): void
}

async function rigOf(t: Test, buffer = 10) {
  const lines: string[] = []
  const handed: Handed[] = []
  let tell = (): void => undefined
  const take = ({ db, rp, bytes }: InputBatch) =>
    new Promise<string | undefined>((acknowledge, refuse) => {
      handed.push({ place: `${db} ${rp}`, bytes, acknowledge, refuse })
      tell()
    })
  const log = createLogger({
    write: (line) => {
      lines.push(line)
      tell()
    }
  })
  const inputs = new OpenInputs({ clock: new ManualClock(), log, take })
  const settings = { db: 'd', rp: '', bind: '127.0.0.1', port: 0, buffer, readBufferBytes: 0 }
  const input = await inputs.open(udp, settings)
  const socket = createSocket('udp4')
  socket.connect(input.port!, '127.0.0.1')
  await once(socket, 'connect')
  t.teardown(() => socket.close())
  return {
    ...{ input, lines, handed },
    counters: inputs.counters.get('udp')!,
    send: (bytes: Uint8Array | string) => socket.send(bytes),
    /** Resolves when something of the list is there: a batch, or a line of log. */
    async has(list: readonly unknown[], count: number): Promise<void> {
      while (list.length < count) await new Promise<void>((resolve) => (tell = resolve))
    }
  }
}

t.test('a datagram is handed on byte by byte, for the database of its input', async (t) => {
  const { input, handed, counters, send, has } = await rigOf(t)
  const bytes = Buffer.from([0x6d, 0x20, 0x76, 0x3d, 0x22, 0xff, 0xc3, 0x28, 0x22])
  send(bytes)
  await has(handed, 1)
  t.equal(handed[0]!.place, 'd ')
  t.same(Buffer.from(handed[0]!.bytes), bytes)
  handed[0]!.acknowledge()
  await input.close()
  t.same(counters, { taken: 1, dropped: 0, failed: 0 })
})

t.test('an input that closes resolves when all that it took is acknowledged', async (t) => {
  const { input, handed, send, has } = await rigOf(t)
  send('m v=1')
  await has(handed, 1)
  let hasClosed = false
  const closed = input.close().then(() => (hasClosed = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(hasClosed)
  handed[0]!.acknowledge()
  await closed
})

t.test('datagrams over those that may wait are dropped, counted and told once', async (t) => {
  const { input, handed, lines, counters, send, has } = await rigOf(t, 1)
  send('m v=1')
  await has(handed, 1)
  send('m v=2')
  await has(lines, 1)
  t.match(lines[0], /too many datagrams wait, dropped/)
  handed[0]!.acknowledge()
  await new Promise((resolve) => setImmediate(resolve))
  send('m v=3')
  await has(handed, 2)
  t.equal(Buffer.from(handed[1]!.bytes).toString(), 'm v=3')
  handed[1]!.acknowledge()
  await input.close()
  t.same(counters, { taken: 2, dropped: 1, failed: 0 })
})

t.test('a datagram with bad lines and one that nobody could take are counted, and the first is logged', async (t) => {
  const { input, handed, lines, counters, send, has } = await rigOf(t)
  send('m v=')
  await has(handed, 1)
  handed[0]!.acknowledge('unable to parse')
  await has(lines, 1)
  t.match(lines[0], /unable to parse.*failed to take in a datagram/)
  send('m v=1')
  await has(handed, 2)
  handed[1]!.refuse(new Error('busy'))
  await input.close()
  t.equal(lines.length, 1)
  t.same(counters, { taken: 2, dropped: 0, failed: 2 })
})

t.test('an address that is taken refuses the start', async (t) => {
  const { input } = await rigOf(t)
  const world = { clock: new ManualClock(), log: createLogger({ write: () => undefined }) }
  const inputs = new OpenInputs({ ...world, take: () => Promise.resolve(undefined) })
  const settings = { db: 'd', rp: '', bind: '127.0.0.1', port: input.port!, buffer: 1, readBufferBytes: 0 }
  await t.rejects(inputs.open(udp, settings), { code: 'EADDRINUSE' })
  await input.close()
})

t.test('a kind that is not in the index is not opened', async (t) => {
  const world = { clock: new ManualClock(), log: createLogger({ write: () => undefined }) }
  const inputs = new OpenInputs({ ...world, take: () => Promise.resolve(undefined) })
  await t.rejects(inputs.open({ ...udp, name: 'other' }, {} as never), /not in the index/)
})
