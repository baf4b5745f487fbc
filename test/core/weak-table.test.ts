import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { WeakTable } from '../../src/core/weak-table.ts'
import { Schema } from '../../src/model/schema.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Collects until it holds. Whoever looks at a weak reference keeps its object to the end of the turn. */
async function collectUntil(holds: () => boolean): Promise<void> {
  do {
    await turn()
    collect()
    await turn()
  } while (!holds())
}

t.test('what nobody holds any longer takes no room', async (t) => {
  const table = new WeakTable<object>()
  const held = { id: 'held' }
  table.set('held', held)
  for (let i = 0; i < 10_000; i++) table.set(`dropped ${i}`, { i })
  await collectUntil(() => table.size === 1)
  t.equal(table.get('held'), held)
})

t.test('a key that was set again keeps its new object when the old one is collected', async (t) => {
  const table = new WeakTable<object>()
  const watched = ((): WeakRef<object> => {
    const old = {}
    table.set('key', old)
    return new WeakRef(old)
  })()
  await turn()
  const next = { next: true }
  table.set('key', next)
  await collectUntil(() => watched.deref() === undefined)
  await turn()
  t.equal(table.get('key'), next)
})

t.test('schemas of ever new names come and go', async (t) => {
  const watched: WeakRef<Schema>[] = []
  for (let i = 0; i < 5000; i++) watched.push(new WeakRef(Schema.EMPTY.with(`name ${i}`, 'float')))
  t.equal(Schema.of(['kept'], ['int']), Schema.EMPTY.with('kept', 'int'), 'equal ones are one object')
  // The thousand that the empty schema remembers may stay.
  await collectUntil(() => watched.filter((ref) => ref.deref() !== undefined).length <= 1000)
  t.pass('the others are gone')
})
