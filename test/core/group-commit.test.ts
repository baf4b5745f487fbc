import t from 'tap'
import { GroupCommit } from '../../src/core/group-commit.ts'

/** A store that keeps each transaction open until it is told how it ends. */
function rigOf(most?: number) {
  const written: (readonly number[])[] = []
  const ends: ((error?: Error) => void)[] = []
  const write = (items: readonly number[]) => {
    written.push(items)
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)))
    })
  }
  return { written, ends, commit: new GroupCommit<number>(write, most) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('what comes in one go is one transaction, and what comes during it is the next', async (t) => {
  const { written, ends, commit } = rigOf()
  const first = Promise.all([commit.add(1), commit.add(2)])
  await turn()
  const second = Promise.all([commit.add(3), commit.add(4)])
  t.same(written, [[1, 2]])
  t.same(commit.waiting, [3, 4])
  ends[0]!()
  await first
  await turn()
  t.same(written[1], [3, 4])
  t.equal(commit.backlog, 0)
  ends[1]!()
  await second
  await commit.idle()
  t.ok(commit.isIdle)
})

t.test('a transaction has no more items than it may', async (t) => {
  const { written, ends, commit } = rigOf(2)
  for (const item of [1, 2, 3]) void commit.add(item)
  await turn()
  ends[0]!()
  await turn()
  ends[1]!()
  await commit.idle()
  t.same(written, [[1, 2], [3]])
})

t.test('a transaction that fails is told to those in it, and to no others', async (t) => {
  const { ends, commit } = rigOf(1)
  const told: unknown[] = []
  commit.enqueue(1, (error) => told.push(error))
  commit.enqueue(2, (error) => told.push(error))
  await turn()
  const full = new Error('full')
  ends[0]!(full)
  await turn()
  ends[1]!()
  await commit.idle()
  t.same(told, [full, undefined])
})
