import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RunningAttempt } from '../../src/alert/attempt.ts'
import { CrashGuard } from '../../src/alert/crash-guard.ts'
import { CrashMarks } from '../../src/store/crash-marks.ts'
import { testFolder } from '../support/folder.ts'
import { settle } from './support.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Processes of one folder, each of which ends by a crash. */
function processes(t: Test) {
  const path = join(testFolder(t), 'marks')
  return () => {
    const clock = new ManualClock()
    const guard = new CrashGuard(CrashMarks.open(path), clock)
    const begun: string[] = []
    const ends = new Map<string, () => void>()
    const outcomes: string[] = []
    const attempt = (key: string, running = new RunningAttempt('')) =>
      guard
        .attempt(key, running, () => {
          begun.push(key)
          return new Promise((resolve) => ends.set(key, resolve))
        })
        .then(
          () => outcomes.push(`${key} sent`),
          (error: unknown) => outcomes.push(`${key} ${(error as Error).message}`)
        )
    return { clock, guard, begun, outcomes, attempt, end: (key: string) => ends.get(key)?.() }
  }
}

t.test('a delivery that was under way at two crashes is refused, and is told from those beside it', async (t) => {
  const start = processes(t)
  const first = start()
  for (const key of ['a', 'b', 'poison', 'd']) void first.attempt(key)
  await settle()
  first.end('d')
  await settle()

  const second = start()
  t.equal(second.guard.suspects, 3)
  for (const key of ['a', 'poison', 'b', 'new']) void second.attempt(key)
  await settle()
  t.strictSame(second.begun, ['new', 'a'], 'those that were under way at a crash are tried one after the other')
  second.end('a')
  second.end('new')
  await settle()
  t.strictSame(second.begun, ['new', 'a', 'poison'])

  const third = start()
  for (const key of ['a', 'poison', 'b']) void third.attempt(key)
  await settle()
  t.strictSame(third.outcomes, ['poison the server crashed 2 times while this was being delivered'])
  t.strictSame(third.begun, ['a'])
  third.guard.forget('poison')
  third.end('a')
  await settle()
  void third.attempt('poison')
  await settle()
  t.strictSame(third.begun, ['a', 'b', 'poison'], 'delivered again by hand it is like any other')
})

t.test('a receiver that does not answer makes no suspect, and holds up no other', async (t) => {
  const start = processes(t)
  const first = start()
  void first.attempt('late')
  first.clock.advance(400)
  void first.attempt('later')
  first.clock.advance(200)
  await settle()

  const second = start()
  t.equal(second.guard.suspects, 1)
  void second.attempt('later')
  await settle()
  t.strictSame(second.begun, ['later'])

  const third = start()
  t.equal(third.guard.suspects, 1)
  void third.attempt('later')
  await settle()
  t.match(third.outcomes, [/^later the server crashed 2 times/])

  const fourth = start()
  for (const key of ['x', 'y', 'z']) void fourth.attempt(key)
  const fifth = start()
  const given = new RunningAttempt('')
  void fifth.attempt('x')
  void fifth.attempt('y', given)
  void fifth.attempt('z')
  given.abort()
  await settle()
  t.strictSame(fifth.begun, ['x'])
  fifth.clock.advance(500)
  await settle()
  t.strictSame(fifth.begun, ['x', 'z'])
  t.strictSame(fifth.outcomes, ['y its time was over before its turn'])
  fifth.guard.close()
  t.equal(start().guard.suspects, 4, 'all that were under way at a crash until they are delivered')
})
