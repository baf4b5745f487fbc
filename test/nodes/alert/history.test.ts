import t from 'tap'
import { instantOfNanos } from '../../../src/core/instant.ts'
import type { Level } from '../../../src/model/event.ts'
import { Flapping, type FlappingRule, flappingWeights } from '../../../src/nodes/alert/flapping.ts'
import { AlertHistory } from '../../../src/nodes/alert/history.ts'

/** Levels at 1 s, 2 s, …: the times at which an event is raised, with the durations in seconds. */
function raise(history: AlertHistory, levels: string, isTold: (history: AlertHistory) => boolean): string {
  const events: string[] = []
  for (const [i, digit] of [...levels].entries()) {
    const time = instantOfNanos(BigInt(i + 1) * 1_000_000_000n)
    history.add(time, Number(digit) as Level)
    if (history.isFlapping || !isTold(history)) continue
    history.trigger(time)
    events.push(`${digit}@${i + 1}+${history.durationNs / 1_000_000_000n}`)
  }
  return events.join(' ')
}

const everything = ({ isChanged, level }: AlertHistory): boolean => isChanged || level !== 0
const changes = ({ isChanged, isExpired, level }: AlertHistory): boolean => isChanged || (level !== 0 && isExpired)
const flapping = (size: number, rule: FlappingRule): Flapping => new Flapping(rule, flappingWeights(size))

t.test('the duration runs from the first event after an OK, through the recovery', async (t) => {
  t.equal(raise(new AlertHistory(undefined, 0), '03303', everything), '3@2+0 3@3+1 0@4+2 3@5+0')
})

t.test('an unchanged level expires when the last event is old enough', async (t) => {
  t.equal(raise(new AlertHistory(undefined, 0), '03333003', changes), '3@2+0 0@6+4 3@8+0')
  t.equal(raise(new AlertHistory(undefined, 2e9), '03333003', changes), '3@2+0 3@4+2 0@6+4 3@8+0')
})

// Answers of Kapacitor 1.5.7.
t.test('nothing is told while the level flaps', async (t) => {
  const five = new AlertHistory(flapping(5, { low: 0.25, high: 0.5 }), 0)
  t.equal(raise(five, '0303030333333000', everything), '3@2+0 0@3+1 3@12+10 3@13+11 0@14+12')
  const many = new AlertHistory(flapping(21, { low: 0.1, high: 0.3 }), 0)
  t.equal(raise(many, '2320320333333333333333332200', changes), '2@1+0 3@2+1 2@3+2 0@4+3 3@5+0 0@27+22')
})
