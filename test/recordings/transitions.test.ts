import t from 'tap'
import type { AlertEvent, Level } from '../../src/model/event.ts'
import { compareTransitions, type Transition, TransitionLog } from '../../src/recordings/transitions.ts'

const TOPICS = ['x:t:alert2', 'x:t:alert3']

function event(topic: number, id: string, timeNs: bigint, level: Level, message = ''): AlertEvent {
  return {
    ...{ topics: [TOPICS[topic]!], id, timeNs, level, message, details: '' },
    ...{ durationNs: 0n, recoverable: true, dataJson: '', taskName: 't', name: 'm', group: '', category: '' },
    ...{ tags: {}, fields: {} }
  }
}

t.test('of all events the changes of level are kept, by alert and id', (t) => {
  const log = new TransitionLog(TOPICS)
  log.collect([event(0, 'a', 1n, 3), event(0, 'a', 2n, 3), event(1, 'a', 3n, 1), event(0, 'b', 4n, 0)])
  log.collect([event(0, 'a', 5n, 0), event(1, 'a', 6n, 0)])
  t.equal(log.events, 6)
  t.strictSame(
    log.list.map(({ alert, id, timeNs, from, level }) => `${alert} ${id} ${timeNs} ${from}->${level}`),
    ['0 a 1 0->3', '1 a 3 0->1', '0 a 5 3->0', '1 a 6 1->0']
  )
  t.end()
})

/** `1 3 text`: time, level, message. */
function transitions(...texts: string[]): Transition[] {
  return texts.map((text) => {
    const [time, level, message = ''] = text.split(' ') as [string, string, string?]
    return { alert: 0, id: 'a', timeNs: BigInt(time), from: 0, level: Number(level) as Level, message, details: '' }
  })
}

const brief = ({ timeNs, level }: Transition): string => `${timeNs} ${level}`

const CASES: Readonly<
  Record<
    string,
    {
      before: string[]
      after: string[]
      same?: number
      added?: string[]
      missing?: string[]
      time?: string[]
      text?: string[]
    }
  >
> = {
  'what is the same is only counted': { before: ['1 3', '2 0'], after: ['1 3', '2 0'], same: 2 },
  'what only one of them tells is added or missing': {
    before: ['1 3', '2 0'],
    after: ['1 3', '2 0', '5 3', '6 0'],
    same: 2,
    added: ['5 3', '6 0']
  },
  'a level that is reached at another time has changed its time': {
    before: ['1 3', '9 0'],
    after: ['4 3', '9 0'],
    same: 1,
    time: ['1 3 / 4 3']
  },
  'a transition with another text has changed its text': {
    before: ['1 3 x', '9 0'],
    after: ['1 3 y', '9 0'],
    same: 1,
    text: ['1 3 / 1 3']
  },
  'nothing belongs together across what belongs together': {
    before: ['1 3', '5 0', '9 2'],
    after: ['2 2', '5 0', '8 3'],
    same: 1,
    missing: ['1 3', '9 2'],
    added: ['2 2', '8 3']
  },
  'all is missing where the other tells nothing': { before: ['1 3', '2 0'], after: [], missing: ['1 3', '2 0'] }
}

for (const [claim, { before, after, same = 0, added = [], missing = [], time = [], text = [] }] of Object.entries(
  CASES
)) {
  t.test(claim, (t) => {
    const diff = compareTransitions(transitions(...before), transitions(...after))
    t.equal(diff.same, same)
    t.strictSame(diff.added.map(brief), added)
    t.strictSame(diff.missing.map(brief), missing)
    t.strictSame(
      diff.changedTime.map((change) => `${brief(change.before)} / ${brief(change.after)}`),
      time
    )
    t.strictSame(
      diff.changedText.map((change) => `${brief(change.before)} / ${brief(change.after)}`),
      text
    )
    t.end()
  })
}
