import t from 'tap'
import { NOBODY } from '../../src/engine/activity.ts'
import type { StreamReader } from '../../src/engine/contract.ts'
import { Streams } from '../../src/engine/streams.ts'
import type { RequiredFields } from '../../src/model/required-fields.ts'
import { engineSettings } from '../support/engine.ts'

/** A reader of everything that counts its points. */
function reader(change: Partial<StreamReader> = {}) {
  const seen = { points: 0, hops: [] as number[] }
  const one: StreamReader = {
    owner: NOBODY,
    measurements: new Set(['']),
    requiredFields: (): RequiredFields => 'all',
    isDeferred: false,
    read: ({ length }, _now, hop) => {
      seen.points += length
      seen.hops.push(hop)
    },
    pendingFor: () => 0,
    whenDrainedFor: () => Promise.resolve(),
    ...change
  }
  return { one, seen }
}

function streams() {
  const all = new Streams({ ...engineSettings, maxPending: 2 }, () => ({ ms: 0, ns: 0 }))
  return { all, write: (db: string, lines: string) => all.write(db, 'rp', 'n', Buffer.from(lines), true) }
}

t.test('a body goes to those that read its database, until they are removed', (t) => {
  const { all, write } = streams()
  const { one, seen } = reader()
  all.add(one, [{ db: 'a', rp: 'rp' }])
  t.equal(write('a', 'm v=1 1\nm v=2 2'), undefined)
  t.equal(write('b', 'm v=1 1'), undefined)
  all.remove(one, [{ db: 'a', rp: 'rp' }])
  t.equal(write('a', 'm v=1 1'), undefined)
  t.equal(seen.points, 2)
  t.same(
    all.ingress.map(({ db, points }) => `${db} ${points}`),
    ['a 3', 'b 1'],
    'read or not, points are counted'
  )
  t.match(write('b', 'm v='), /missing field value/)
  t.end()
})

t.test('readers that are deferred read when the write is finished', (t) => {
  const { all, write } = streams()
  const { one, seen } = reader({ isDeferred: true })
  all.add(one, [{ db: 'a', rp: 'rp' }])
  write('a', 'm v=1 1')
  t.equal(seen.points, 0)
  all.finishWrite()
  t.equal(seen.points, 1)
  t.end()
})

t.test('a writer waits for a reader that has more under way than the bound', async (t) => {
  const { all, write } = streams()
  let pending = 3
  all.add(reader({ pendingFor: () => pending }).one, [{ db: 'a', rp: 'rp' }])
  const held = write('a', 'm v=1 1')
  t.type(held, Promise)
  await held
  pending = 2
  t.equal(write('a', 'm v=1 1'), undefined)
})

t.test('what is written back keeps its good lines, and tells how many were bad', (t) => {
  const { all } = streams()
  const { one, seen } = reader()
  all.add(one, [{ db: 'a', rp: 'rp' }])
  const refusal = all.writeLooped('a', 'rp', Buffer.from('m v=1 1\nm v='), true, 2)
  t.match(refusal, { points: 1, reason: /missing field value/ })
  t.same(seen, { points: 1, hops: [2] })
  t.end()
})
