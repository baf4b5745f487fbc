import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { AppError } from '../../src/core/errors.ts'
import { Intake } from '../../src/ingest/intake.ts'
import { storeBody } from '../../src/ingest/store-body.ts'
import { ManualClock } from '../support/manual-clock.ts'

class Rig {
  readonly clock = new ManualClock()
  readonly stream = new PassThrough()
  readonly path: string
  readonly intake = new Intake({ maxBytes: 1e6, roomMs: 10_000, idleMs: 20_000, totalMs: 60_000 }, this.clock)

  constructor(t: Test) {
    this.path = join(t.testdir(), 'file')
  }

  /** What became of it, in words. */
  async store(limit: number, expectedBytes = 0): Promise<string> {
    const tooLarge = (): AppError => new AppError('TOO_LARGE', 413, 'too large')
    const source = { stream: this.stream, sender: 'somebody', expectedBytes, limit, tooLarge }
    try {
      await storeBody(source, this.intake, this.path, 100_000)
      return 'stored'
    } catch (error) {
      return (error as Error).message
    }
  }
}

t.test(
  'a body comes into its file as it is, and takes no more memory of the intake than its transfer does',
  async (t) => {
    const rig = new Rig(t)
    const stored = rig.store(10_000_000)
    const part = Buffer.alloc(700_000, 'x')
    let most = 0
    for (let i = 0; i < 10; i++) {
      rig.stream.write(part)
      await new Promise((resolve) => setImmediate(resolve))
      most = Math.max(most, rig.intake.bytes)
    }
    rig.stream.end('y')
    t.equal(await stored, 'stored')
    t.equal(statSync(rig.path).size, 7_000_001)
    t.equal(readFileSync(rig.path).at(-1), 'y'.charCodeAt(0))
    t.equal(most, 256 * 1024)
    t.equal(rig.intake.bytes, 0)
  }
)

t.test('a body that says it is too long is refused before any of it is read', async (t) => {
  const rig = new Rig(t)
  t.equal(await rig.store(10, 11), 'too large')
  t.throws(() => statSync(rig.path))
})

t.test('a body that does not say how long it is, is refused as soon as it is too long', async (t) => {
  const rig = new Rig(t)
  const stored = rig.store(1000)
  rig.stream.write(Buffer.alloc(1000))
  rig.stream.write(Buffer.alloc(1))
  t.equal(await stored, 'too large')
  t.notOk(rig.stream.destroyed, 'the connection lives, so that the client can read why')
  t.equal(rig.intake.bytes, 0)
})

t.test('a body that pauses, or takes too long, is given up', async (t) => {
  const stalled = new Rig(t)
  const first = stalled.store(1000)
  stalled.stream.write('x')
  stalled.clock.advance(20_250)
  t.match(await first, /has stalled: nothing came for 20/)

  const slow = new Rig(t)
  const second = slow.store(1000)
  for (let i = 0; i < 10; i++) {
    slow.stream.write('x')
    await new Promise((resolve) => setImmediate(resolve))
    slow.clock.advance(10_000)
  }
  t.match(await second, /takes too long: it is not whole after 100s/)
})

t.test('a file that cannot be written refuses its body', async (t) => {
  const rig = new Rig(t)
  Object.assign(rig, { path: join(t.testdirName, 'missing', 'file') })
  t.match(await rig.store(1000), /ENOENT/)
  t.equal(rig.intake.bytes, 0)
})
