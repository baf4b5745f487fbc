import t from 'tap'
import { Database } from '../../src/store/db.ts'
import { type HandlerRecord, TopicStore } from '../../src/store/topics.ts'

t.test('handlers come back as they were put, also under another id', async (t) => {
  const db = await Database.open(':memory:')
  t.teardown(() => db.close())
  const store = new TopicStore(db)
  const handler: HandlerRecord = { topic: 't', id: 'a', kind: 'post', optionsJson: '{"url":"x"}', match: '' }
  await store.putHandler(handler)
  await store.putHandler({ ...handler, topic: 'other' })
  await store.putHandler({ ...handler, kind: 'log' })
  await store.putHandler({ ...handler, id: 'b', optionsJson: 'null' }, 'a')
  await store.removeHandler('other', 'a')
  t.strictSame(await store.handlers(), [{ ...handler, id: 'b', optionsJson: 'null' }])
})
