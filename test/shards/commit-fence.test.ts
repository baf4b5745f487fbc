import t from 'tap'
import { CommitFence } from '../../src/shards/commit-fence.ts'

t.test('nothing is waited for where all events are stored', async (t) => {
  const fence = new CommitFence(10, () => {})
  t.equal(fence.whenCommitted(fence.sequence), undefined)
  fence.track(1, Promise.resolve())
  await fence.whenCommitted(0)
  t.equal(fence.whenCommitted(fence.sequence), undefined)
})

t.test('a failure is told to those who came before the events, and not to those who came after', async (t) => {
  const fence = new CommitFence(10, () => {})
  fence.track(1, Promise.reject(new Error('disk full')))
  await t.rejects(Promise.resolve(fence.whenCommitted(0)), { message: 'disk full' })
  t.equal(fence.whenCommitted(1), undefined)
  fence.track(1, Promise.resolve())
  await t.resolves(Promise.resolve(fence.whenCommitted(1)))
})

t.test('it is full while more events than its bound wait, and tells when they no longer do', async (t) => {
  let rooms = 0
  const fence = new CommitFence(2, () => rooms++)
  let store: () => void = () => {}
  fence.track(2, new Promise((resolve) => (store = resolve)))
  t.equal(fence.isFull, false)
  fence.track(1, Promise.resolve())
  t.equal(fence.isFull, true)
  store()
  await fence.whenCommitted(0)
  t.same([fence.isFull, rooms > 0], [false, true])
})
