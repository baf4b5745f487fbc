import t from 'tap'
import { Serial } from '../../src/core/serial.ts'

t.test('work begins when that before it is done, whether that went well or not', async (t) => {
  const serial = new Serial()
  const order: string[] = []
  let fail: (error: Error) => void = () => undefined
  const first = serial.run(() => {
    order.push('first')
    return new Promise((_, reject) => (fail = reject))
  })
  const second = serial.run(() => {
    order.push('second')
    return Promise.resolve(2)
  })
  let isIdle = false
  void serial.idle.then(() => (isIdle = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.same(order, ['first'])
  t.notOk(isIdle)
  fail(new Error('no'))
  await t.rejects(first, { message: 'no' })
  t.equal(await second, 2)
  await serial.idle
  t.ok(isIdle)
})
