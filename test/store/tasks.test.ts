import t from 'tap'
import { silentLogger } from '../../src/core/logger.ts'
import { Instant } from '../../src/core/instant.ts'
import { Database } from '../../src/store/db.ts'
import { type TaskRecord, TaskStore } from '../../src/store/tasks.ts'
import { type TemplateRecord, TemplateStore } from '../../src/store/templates.ts'

const task: TaskRecord = {
  id: 'ä.1',
  templateId: 'tpl',
  type: 'stream',
  script: "stream\n  |from() // it's",
  dbrps: [{ db: 'a"b', rp: '' }],
  varsJson: '{"n":{"type":"int","value":9223372036854775807}}',
  status: 'enabled',
  error: '',
  created: new Instant(1_500_000_000_000, 123_456),
  modified: new Instant(1_500_000_000_001, 0),
  lastEnabled: new Instant(1_500_000_000_002, 999_999)
}
const template: TemplateRecord = {
  id: 't',
  type: 'batch',
  script: 'x',
  error: '',
  created: task.created,
  modified: task.modified
}

t.test('a task comes back as it was put, also when it replaces one', async (t) => {
  const db = await Database.open(':memory:')
  const store = new TaskStore(db)
  await store.put(task)
  t.strictSame(await store.all(silentLogger), [task])
  const changed = { ...task, status: 'disabled' as const, lastEnabled: undefined }
  await store.put(changed)
  t.strictSame(await store.all(silentLogger), [changed])
  await db.transaction(async (on) => {
    await new TaskStore(on).remove(task.id)
    await new TaskStore(on).put({ ...task, id: 'new' })
  })
  t.strictSame(await store.all(silentLogger), [{ ...task, id: 'new' }])
  await db.close()
})

t.test('a template comes back as it was put, and not once it is removed', async (t) => {
  const db = await Database.open(':memory:')
  const store = new TemplateStore(db)
  await store.put({ ...template, script: 'old' })
  await store.put(template)
  t.strictSame(await store.all(), [template])
  await store.remove('t')
  t.strictSame(await store.all(), [])
  await db.close()
})
