import t, { type Test } from 'tap'
import { Database } from '../../src/store/db.ts'
import { type HandlerRecord, type StateRecord, TopicStore } from '../../src/store/topics.ts'

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
  return { db, store: new TopicStore(db) }
}

t.test('the last state of an id is the one that is loaded, exactly', async (t) => {
  const { db, store } = await open(t)
  t.strictSame(await store.load(), [])
  await store.append([state({ level: 1 })])
  await store.append([state({ level: 2 }), state({ id: 'b' }), state()])
  t.equal(store.rows, 4)
  const other = new TopicStore(db)
  t.strictSame(await other.load(), [state({ id: 'b' }), state()])
  t.equal(other.rows, 2, 'a load compacts')

  await other.append([state({ level: 1, message: 'again' })])
  t.strictSame(await new TopicStore(db).load(), [state({ id: 'b' }), state({ level: 1, message: 'again' })])
})

t.test('an id that came to OK is forgotten at the next start', async (t) => {
  const { db, store } = await open(t)
  await store.load()
  await store.append([state(), state({ id: 'b' }), state({ level: 0 })])
  t.strictSame(await new TopicStore(db).load(), [state({ id: 'b' })])
})

t.test('a topic and a single event can be removed', async (t) => {
  const { db, store } = await open(t)
  await store.load()
  await store.append([state(), state({ id: 'b' }), state({ topic: 'x' }), state({ topic: 'x', id: 'b' })])
  await store.removeState('x', 'b')
  await store.removeTopic('main:t:alert2')
  t.strictSame(await new TopicStore(db).load(), [state({ topic: 'x' })])
})

t.test('handlers come back as they were put, also under another id', async (t) => {
  const { store } = await open(t)
  const handler: HandlerRecord = { topic: 't', id: 'a', kind: 'post', optionsJson: '{"url":"x"}', match: '' }
  await store.putHandler(handler)
  await store.putHandler({ ...handler, topic: 'other' })
  await store.putHandler({ ...handler, kind: 'log' })
  await store.putHandler({ ...handler, id: 'b', optionsJson: 'null' }, 'a')
  await store.removeHandler('other', 'a')
  t.strictSame(await store.handlers(), [{ ...handler, id: 'b', optionsJson: 'null' }])
})
