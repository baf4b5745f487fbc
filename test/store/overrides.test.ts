import t from 'tap'
import { silentLogger } from '../../src/core/logger.ts'
import { Database } from '../../src/store/db.ts'
import { type OverrideRecord, OverrideStore } from '../../src/store/overrides.ts'

t.test('an override comes back as it was put, and is gone when it is removed', async (t) => {
  const db = await Database.open(':memory:')
  t.teardown(() => db.close())
  const store = new OverrideStore(db)
  const smtp: OverrideRecord = { section: 'smtp', element: '', options: { port: 26, to: ['é@x'] }, isNew: false }
  const slack: OverrideRecord = { section: 'slack', element: "it's", options: { workspace: "it's" }, isNew: true }
  await store.put(smtp)
  await store.put({ ...slack, options: {} })
  await store.put(slack)
  t.strictSame(await store.all(silentLogger), [slack, smtp])
  await store.remove('slack', "it's")
  await store.remove('slack', 'nope')
  t.strictSame(await store.all(silentLogger), [smtp])
})
