import t from 'tap'
import type { Deliverable, Job } from '../../src/alert/delivery-job.ts'
import { RetryQueue } from '../../src/alert/retry-queue.ts'
import { ManualClock } from '../support/manual-clock.ts'

interface Message extends Deliverable {
  readonly message: string
}

function start() {
  const clock = new ManualClock()
  let due = 0
  const aside = new RetryQueue<Job<Message>>(clock, () => due++)
  const job = (orderBy: string, message: string): Job<Message> => ({
    item: { message, orderBy, key: '', sinceMs: 0 },
    attempts: 1
  })
  const names = (jobs: readonly (Job<Message> | undefined)[]): string =>
    jobs.map((one) => one?.item.message ?? '-').join(' ')
  return { clock, aside, job, names, due: () => due }
}

t.test('the first of an id has its turn after its wait, the others of the id behind it', (t) => {
  const { clock, aside, job, names, due } = start()
  const [first, second] = [job('a', 'a1'), job('a', 'a2')]
  t.equal(aside.follow(first), false)
  aside.add(first, 1000)
  t.equal(aside.follow(second), true)
  t.equal(aside.follow(second), false, 'it is there')
  clock.advance(999)
  t.equal(names([aside.takeDue()]), '-')
  clock.advance(1)
  t.equal(due(), 1)
  t.equal(names([aside.takeDue(), aside.takeDue(), aside.first]), 'a1 - a1', 'it stays until it leaves')
  t.equal(aside.leave(first), true)
  t.equal(aside.leave(first), false)
  t.equal(names([aside.takeDue()]), 'a2', 'the next has its turn at once')
  aside.leave(second)
  t.equal(names([aside.first]), '-')
  t.end()
})

t.test('ids do not wait for each other, and nobody waits where all are to hurry', (t) => {
  const { clock, aside, job, names, due } = start()
  const jobs = [job('a', 'a1'), job('b', 'b1'), job('c', 'c1')]
  for (const [index, one] of jobs.entries()) aside.add(one, 3000 - 1000 * index)
  clock.advance(1000)
  t.equal(names([aside.takeDue(), aside.takeDue()]), 'c1 -')
  aside.hurry()
  t.equal(names([aside.takeDue(), aside.takeDue(), aside.takeDue()]), 'a1 b1 -')
  clock.advance(9000)
  t.equal(due(), 1, 'no turn comes twice')
  t.end()
})

t.test('one that leaves from behind changes nobody’s turn; the oldest is found but for the one under way', (t) => {
  const { clock, aside, job, names } = start()
  const [first, second, other] = [job('a', 'a1'), job('a', 'a2'), job('b', 'b1')]
  aside.add(first, 1000)
  aside.add(second, 1)
  aside.add(other, 5000)
  t.equal(names([aside.findOldest(undefined), aside.findOldest(first)]), 'a1 a2')
  aside.leave(second)
  t.equal(aside.hasDue, false)
  t.equal(names(aside.clear()), 'a1 b1')
  clock.advance(9000)
  t.equal(aside.hasDue, false)
  t.same(aside.jobs, [])
  t.end()
})
