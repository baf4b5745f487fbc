import t from 'tap'
import { eventually } from './eventually.ts'

t.test('what is found comes back, also 0 and an empty text', async (t) => {
  let looks = 0
  t.equal(await eventually('a third look', () => ++looks === 3 && 'there'), 'there')
  t.equal(looks, 3)
  t.equal(await eventually('zero', () => Promise.resolve(0)), 0)
  t.equal(await eventually('nothing', () => ''), '')
})

t.test('what is never found is an error that names it', async (t) => {
  await t.rejects(
    eventually('a post', () => undefined, 20),
    { message: 'there was not a post within 20 ms' }
  )
})

t.test('what looking throws is thrown', async (t) => {
  const look = () => Promise.reject(new Error('no'))
  await t.rejects(eventually('a post', look), { message: 'no' })
})
