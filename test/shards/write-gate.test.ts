import t from 'tap'
import { WriteGate } from '../../src/shards/write-gate.ts'

t.test(
  'a body waits until others have made room for it, and one that is larger than the bound goes alone',
  async (t) => {
    const gate = new WriteGate(10, () => true)
    await gate.admit(100, 0)
    const order: string[] = []
    const second = gate.admit(10, 30_000).then(() => order.push('admitted'))
    order.push('released')
    gate.release(100)
    await second
    t.same([order, gate.inFlightBytes], [['released', 'admitted'], 10])
  }
)

t.test('a body that finds no room until its deadline is refused and leaves nothing behind', async (t) => {
  const gate = new WriteGate(10, () => true)
  await gate.admit(10, 0)
  await t.rejects(gate.admit(1, 0), { code: 'WRITE_BUSY' })
  gate.release(10)
  t.equal(gate.inFlightBytes, 0)
})

t.test('what tasks write back waits for a shard that takes points, and for no bytes', async (t) => {
  let takesPoints = true
  const gate = new WriteGate(10, () => takesPoints)
  await gate.admit(10, 0)
  await gate.admitLooped(0)
  takesPoints = false
  await t.rejects(gate.admitLooped(0), { code: 'WRITE_BUSY' })
  const looped = gate.admitLooped(30_000)
  takesPoints = true
  gate.resume()
  await t.resolves(looped)
})
