import t from 'tap'
import { Turns } from '../../src/alert/turns.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('no attempt begins before it is open, and those that asked are told', async (t) => {
  const turns = new Turns(false)
  let asked = 0
  t.equal(
    turns.mayBegin(() => asked++),
    false
  )
  await turn()
  t.equal(asked, 0)
  turns.open()
  t.equal(asked, 1)
  t.equal(
    turns.mayBegin(() => asked++),
    true
  )
})

t.test('attempts that take long to begin let other work have its turn', async (t) => {
  const turns = new Turns()
  let begun = 0
  const begin = (): void => {
    if (begun === 20 || !turns.mayBegin(begin)) return
    begun++
    for (const untilMs = performance.now() + 20; performance.now() < untilMs;);
    queueMicrotask(begin)
  }
  begin()
  let others = 0
  while (begun < 20) {
    await turn()
    others++
  }
  t.ok(others >= 5, `${others} turns of others`)
})
