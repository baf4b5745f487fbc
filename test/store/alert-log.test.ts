import t, { type Test } from 'tap'
import { AlertLog, type EventRecord, type StateRecord } from '../../src/store/alert-log.ts'
import { Database } from '../../src/store/db.ts'
import { HistoryStore } from '../../src/store/history.ts'
import { OutboxStore } from '../../src/store/outbox.ts'
import { testFolder } from '../support/folder.ts'

const state = (change: Partial<StateRecord> = {}): StateRecord => ({
  topic: 'main:t:alert2',
  id: 'cpu:host=ä',
  level: 3,
  timeNs: 9_223_372_036_854_775_807n,
  durationNs: 1n,
  message: "it's",
  details: '<b>\n',
  ...change
})

async function open(t: Test) {
  const db = await Database.open(':memory:')
  t.teardown(() => db.close())
  let sequence = 0n
  const log = new AlertLog(db)
  await log.load()
  return {
    db,
    log,
    outbox: new OutboxStore(db),
    /** Sequences count from 1. */
    append: (...events: (Partial<StateRecord> & { handlers?: readonly string[]; isState?: boolean })[]) =>
      log.append(
        events.map(({ handlers = [], isState = true, ...change }): EventRecord => {
          sequence++
          const common = { previousLevel: 1, dataJson: '{}', rest: '{}' } as const
          return { ...common, sequence, origin: sequence, isState, handlers, state: state(change) }
        })
      ),
    states: async () => (await new AlertLog(db).load()).states,
    sequences: async () =>
      (await new HistoryStore(db).events({}, 100, 0)).map(({ sequence }) => Number(sequence)).reverse()
  }
}

t.test('the last state of an id is the one that is loaded, exactly', async (t) => {
  const { log, append, states, db } = await open(t)
  t.strictSame(await states(), [])
  await append({ level: 1 })
  await append({ level: 2 }, { id: 'b' }, {})
  t.equal(log.rows, 4)
  t.strictSame(await states(), [state({ id: 'b' }), state()])
  t.equal((await new AlertLog(db).load()).last, 4n)
  await append({ level: 1, message: 'again' })
  t.strictSame(await states(), [state({ id: 'b' }), state({ level: 1, message: 'again' })])
})

t.test('an id that came to OK is forgotten at the next start', async (t) => {
  const { append, states } = await open(t)
  await append({}, { id: 'b' }, { level: 0 }, { id: 'c', isState: false })
  t.strictSame(await states(), [state({ id: 'b' })])
})

t.test('the states of a topic and a single one can be forgotten, and the history stays', async (t) => {
  const { log, append, states, sequences } = await open(t)
  await append({}, { id: 'b' }, { topic: 'x' }, { topic: 'x', id: 'b' })
  await log.forgetState('x', 'b')
  await log.forgetTopic('main:t:alert2')
  t.strictSame(await states(), [state({ topic: 'x' })])
  t.strictSame(await sequences(), [1, 2, 3, 4])
})

t.test('old rows go, but for states and what is to be delivered', async (t) => {
  const { log, append, states, outbox, sequences } = await open(t)
  const handlers = ['h']
  await append(
    { id: 'live', handlers },
    { id: 'a' },
    { id: 'a' },
    { id: 'a', level: 0 },
    { id: 'p', handlers },
    { id: 'q' }
  )
  await outbox.recordOutcomes([settled(1n)], 100n)
  await log.retain(100, 3n, 5n)
  t.strictSame(await sequences(), [1, 3, 4, 5, 6], 'by time')
  t.strictSame(await outbox.pending(), [{ topic: 'main:t:alert2', handler: 'h', count: 1, oldest: 5n, newest: 5n }])
  await log.retain(0, 0n, 5n)
  t.strictSame(await sequences(), [1, 5, 6], 'by number')
  t.equal(log.rows, 3)
  await outbox.recordOutcomes([settled(5n)], 100n)
  await append({ id: 'p', level: 0 })
  await log.retain(1, 0n, 100n)
  t.strictSame(await sequences(), [1, 6, 7])
  t.strictSame(await outbox.pending(), [], 'a delivery that was forgotten is none that is to be made')
  t.strictSame(
    (await states()).map(({ id }) => id),
    ['live', 'q']
  )
})

function settled(sequence: bigint) {
  return { sequence, origin: sequence, handler: 'h', outcome: 'delivered', ended: 0n, attempts: 1, error: '' } as const
}

t.test('states of the schema before are taken over', async (t) => {
  const { migrations } = await import('../../src/store/migrations/index.ts')
  const path = `${testFolder(t)}/kapok.duckdb`
  const before = await Database.open(path, { migrations: migrations.slice(0, 2) })
  await before.run("INSERT INTO event_states VALUES (7, 'x', 'a', 3, 5, 6, 'm', 'd')")
  await before.close()
  const db = await Database.open(path)
  t.strictSame((await new AlertLog(db).load()).states, [
    { topic: 'x', id: 'a', level: 3, timeNs: 5n, durationNs: 6n, message: 'm', details: 'd' }
  ])
  await db.close()
})
