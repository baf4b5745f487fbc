import t from 'tap'
import { createLogger } from '../../src/core/logger.ts'
import { instantOfMillis } from '../../src/core/instant.ts'
import { RunRegistry } from '../../src/recordings/run-registry.ts'

interface Entry {
  readonly id: string
  readonly date: ReturnType<typeof instantOfMillis>
  readonly status: 'running' | 'finished'
}

function entry(id: string, second = 0, status: Entry['status'] = 'running'): Entry {
  return { id, date: instantOfMillis(second * 1000), status }
}

/** A store that can be full. */
class Store {
  isFull = false
  readonly rows = new Map<string, Entry>()

  all(): Promise<Entry[]> {
    return Promise.resolve([...this.rows.values()])
  }

  put(one: Entry): Promise<void> {
    return this.#write(() => this.rows.set(one.id, one))
  }

  remove(id: string): Promise<void> {
    return this.#write(() => this.rows.delete(id))
  }

  #write(work: () => void): Promise<void> {
    if (this.isFull) return Promise.reject(new Error('no space'))
    work()
    return Promise.resolve()
  }
}

const log = createLogger({ write() {} })

t.test('the newest comes first, of one second the last id', async (t) => {
  const store = new Store()
  for (const one of [entry('a', 1), entry('b', 1), entry('c', 2)]) await store.put(one)
  const registry = await RunRegistry.open(store, log)
  t.strictSame(
    registry.all.map(({ id }) => id),
    ['c', 'b', 'a']
  )
})

t.test('one that cannot be stored is none', async (t) => {
  const store = new Store()
  const registry = await RunRegistry.open(store, log)
  store.isFull = true
  await t.rejects(registry.add(entry('a')), { message: 'no space' })
  t.equal(registry.find('a'), undefined)
})

t.test('what becomes of one shows at once, and is stored when there is room', async (t) => {
  const store = new Store()
  const registry = await RunRegistry.open(store, log)
  for (const id of ['a', 'b']) await registry.add(entry(id))
  store.isFull = true
  await registry.update(entry('a', 0, 'finished'))
  await registry.remove('b')
  t.equal(registry.find('a')?.status, 'finished')
  t.equal(registry.find('b'), undefined)
  t.equal(store.rows.get('a')?.status, 'running')
  store.isFull = false
  await registry.close()
  t.strictSame([...store.rows.values()], [entry('a', 0, 'finished')])
})
