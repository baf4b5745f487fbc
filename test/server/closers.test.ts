import t from 'tap'
import { createLogger } from '../../src/core/logger.ts'
import { Closers } from '../../src/server/closers.ts'

function rig(totalMs?: number) {
  const lines: Record<string, unknown>[] = []
  const closers = new Closers(
    createLogger({ write: (line) => lines.push(JSON.parse(line) as (typeof lines)[0]) }),
    totalMs
  )
  const ended: string[] = []
  return { closers, lines, ended, add: (name: string) => closers.add({ name }, () => ended.push(name)) }
}

const never = (): Promise<void> => new Promise(() => {})

t.test('services end in the order in which they need each other, the last made first', async (t) => {
  const { closers, ended, add, lines } = rig()
  for (const name of ['store', 'alerts', 'http']) add(name)
  t.strictSame(await closers.close(), [])
  t.strictSame(ended, ['http', 'alerts', 'store'])
  t.strictSame(lines, [])
  t.strictSame(await closers.close(), [], 'once')
})

t.test('a service that does not end, or fails to, is named in the log, and the others end', async (t) => {
  const { closers, ended, add, lines } = rig()
  add('store')
  closers.add({ name: 'shards', withinMs: 1, stores: true }, never)
  closers.add({ name: 'alerts' }, () => Promise.reject(new Error('disk full')))
  closers.add({ name: 'http' }, () => {
    throw new Error('not listening')
  })
  t.match(await closers.close(), [{ name: 'http' }, { name: 'alerts' }, { name: 'shards', stores: true }])
  t.strictSame(ended, ['store'])
  t.match(lines, [
    { lvl: 'error', name: 'http', err: 'not listening' },
    { lvl: 'error', name: 'alerts', err: 'disk full' },
    { lvl: 'error', name: 'shards', msg: 'a service did not stop in time', 'after-ms': 1 }
  ])
})

t.test('what stores has its time, however long those before it take', async (t) => {
  const { closers, ended } = rig(1010)
  closers.add({ name: 'store', stores: true }, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    ended.push('store')
  })
  closers.add({ name: 'http', withinMs: 60_000 }, never)
  t.match(await closers.close(), [{ name: 'http' }])
  t.strictSame(ended, ['store'])
})
