import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { KeyedLock } from '../../src/tasks/keyed-lock.ts'

/** Runs works with these keys at the same time; returns what each did, in order. */
async function order(...works: readonly (readonly [name: string, ...keys: string[]])[]): Promise<string> {
  const lock = new KeyedLock()
  const done: string[] = []
  const all = works.map(([name, ...keys]) =>
    lock.run(keys, async () => {
      done.push(name)
      await turn()
      done.push(name.toUpperCase())
      if (name === 'x') throw new Error('no')
    })
  )
  await Promise.allSettled(all)
  return done.join('')
}

t.test('work that shares a key runs in the order of the calls, other work beside it', async (t) => {
  t.equal(await order(['a', '1'], ['b', '1']), 'aAbB')
  t.equal(await order(['a', '1'], ['b', '2']), 'abAB')
  t.equal(await order(['a', '1'], ['b', '2'], ['c', '1', '2'], ['d', '2', '1']), 'abABcCdD')
  t.equal(await order(['x', '1'], ['b', '1']), 'xXbB', 'a failure holds up nobody')
})

t.test('a key is held until the last work on it is done', async (t) => {
  const lock = new KeyedLock()
  const first = lock.run(['a'], () => turn())
  const second = lock.run(['a', 'b'], () => turn())
  await first
  t.equal(lock.isHeld('a'), true)
  t.equal(await second, undefined)
  t.equal(lock.isHeld('a') || lock.isHeld('b'), false)
})
