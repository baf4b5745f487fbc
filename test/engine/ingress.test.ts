import t from 'tap'
import { Ingress } from '../../src/engine/ingress.ts'

t.test('measurements beyond the limit are counted together', async (t) => {
  const ingress = new Ingress()
  for (let i = 0; i < 10_050; i++) ingress.add('d', 'r', `m${i}`, 2)
  ingress.add('d', 'r', 'm5', 1)
  const counts = ingress.counts
  t.equal(counts.length, 10_001)
  t.match(counts[5], { measurement: 'm5', points: 3 })
  t.match(counts.at(-1), { db: '', rp: '', measurement: '', points: 100 })
})
