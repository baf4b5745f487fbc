import t from 'tap'
import { InternTable } from '../../src/core/intern-table.ts'

t.test('ever new texts take a bounded number of places, and what is asked for stays', (t) => {
  const table = new InternTable<object>(1024 * 1024)
  const hot = { hot: true }
  table.set('hot', hot)
  for (let i = 0; i < 100_000; i++) {
    table.set(`text ${i}`, { i })
    if (i % 100 === 0 && table.get('hot') !== hot) t.fail(`forgotten after ${i}`)
  }
  t.ok(table.size < 8000, `${table.size} places`)
  t.equal(table.get('text 0'), undefined, 'what nobody asks for goes')
  t.end()
})

t.test('long texts count for what they are', (t) => {
  const table = new InternTable<object>(1024 * 1024)
  for (let i = 0; i < 1000; i++) table.set(`${i}${'x'.repeat(50_000)}`, {})
  t.ok(table.size <= 4, `${table.size} places`)
  t.end()
})
