import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ALL, cut, flip, killedStore, openAndLook } from './killed-store.ts'

t.test('a store that was killed is opened whole, without a word', async (t) => {
  const store = await killedStore({ filed: 10, logged: 10, added: 3 })
  t.strictSame(await openAndLook(store), { tasks: ALL, events: 23 })
  t.strictSame(store.losses, [])
  t.strictSame(store.files(), ['kapok.duckdb', 'kapok.duckdb.journal', 'kapok.duckdb.mark'])
  t.strictSame(await openAndLook(store), { tasks: ALL, events: 23 })
})

t.test('a flipped bit in the first entry of the journal costs that entry, and is told', async (t) => {
  for (const at of [0, 5, 9, 20]) {
    const store = await killedStore({ logged: 1, added: 5 })
    const before = readFileSync(`${store.path}.journal`)
    flip(`${store.path}.journal`, at)
    t.strictSame(await openAndLook(store), { tasks: ['logged task'], events: 5 })
    t.match(store.losses, [{ message: /journal.*lost/, fields: { 'lost-entries': 1, 'kept-rows': 4 } }])
    const kept = readFileSync(String(store.losses[0]!.fields['kept-as']))
    t.equal(kept.length, before.length)
    t.strictSame(await openAndLook(store), { tasks: ['logged task'], events: 5 })
    t.equal(store.losses.length, 1, 'it is told once')
  }
})

t.test('a journal that was cut or removed is told, an entry that nobody counted on is not', async (t) => {
  const whole = await killedStore({ logged: 1, added: 3 })
  const size = statSync(`${whole.path}.journal`).size
  const torn = readFileSync(`${whole.path}.journal`).subarray(0, 30)
  writeFileSync(`${whole.path}.journal`, Buffer.concat([readFileSync(`${whole.path}.journal`), torn]))
  t.strictSame((await openAndLook(whole)).events, 4)
  t.strictSame(whole.losses, [])

  const short = await killedStore({ logged: 1, added: 3 })
  cut(`${short.path}.journal`, size - 1)
  t.strictSame((await openAndLook(short)).events, 3)
  t.match(short.losses, [{ fields: { 'lost-entries': 1 } }])

  const gone = await killedStore({ logged: 1, added: 3 })
  rmSync(`${gone.path}.journal`)
  t.strictSame((await openAndLook(gone)).events, 1)
  t.match(gone.losses, [{ fields: { 'lost-bytes': size } }])
})

t.test('a log that is cut, removed, of garbage or flipped is told and kept, and what is good is there', async (t) => {
  const damages: Readonly<Record<string, (wal: string) => void>> = {
    'cut within': (wal) => cut(wal, Math.floor(statSync(wal).size / 2)),
    'cut by a byte': (wal) => cut(wal, statSync(wal).size - 1),
    'cut to nothing': (wal) => cut(wal, 0),
    'cut in its head': (wal) => cut(wal, 10),
    removed: (wal) => rmSync(wal),
    garbage: (wal) => writeFileSync(wal, 'garbage'.repeat(100)),
    'flipped first bit': (wal) => flip(wal, 0),
    'flipped head': (wal) => flip(wal, 16),
    'flipped length': (wal) => flip(wal, 66, 7),
    'flipped in the middle': (wal) => flip(wal, Math.floor(statSync(wal).size / 2)),
    'flipped at the end': (wal) => flip(wal, statSync(wal).size - 1)
  }
  for (const [what, damage] of Object.entries(damages)) {
    const store = await killedStore({ filed: 10, logged: 10 })
    damage(`${store.path}.wal`)
    const { tasks, events } = await openAndLook(store)
    t.equal(tasks[0], 'filed task', what)
    t.ok(events === 10, `${what}: ${events}`)
    t.match(store.losses, [{ message: /has lost its last .*change/, fields: { 'lost-changes': Number } }], what)
    const isThere = !/removed|nothing/.test(what)
    t.equal(
      store.files().some((name) => name.startsWith('kapok.duckdb.wal.damaged-')),
      isThere,
      what
    )
    t.strictSame(await openAndLook(store), { tasks, events }, `${what}: again`)
    t.equal(store.losses.length, 1, what)
  }
})

t.test(
  'a store whose definitions are all in a log that is gone is not opened, unless the loss is accepted',
  async (t) => {
    const store = await killedStore({ logged: 10 })
    rmSync(`${store.path}.wal`)
    for (let i = 0; i < 2; i++) {
      await t.rejects(store.open(), { code: 'STORE_LOST', message: /has lost its last 3 changes.*--accept-loss/ })
    }
    t.strictSame(await openAndLook(store, { acceptLoss: true }), { tasks: [], events: 0 })
    t.match(store.losses, [{ fields: { 'lost-changes': 3 } }])
    t.strictSame(await openAndLook(store), { tasks: [], events: 0 })
  }
)

t.test(
  'a store that is missing or empty where there was one is not made anew, unless the loss is accepted',
  async (t) => {
    for (const [word, lose] of [
      ['missing', (path: string) => rmSync(path)],
      ['empty', (path: string) => cut(path, 0)]
    ] as const) {
      const store = await killedStore({ filed: 10, logged: 10 })
      lose(store.path)
      for (let i = 0; i < 2; i++) {
        await t.rejects(store.open(), { code: 'STORE_LOST', message: new RegExp(`is ${word}.*--accept-loss`) })
      }
      t.ok(statSync(`${store.path}.wal`).size > 0, 'its log is still there')
      t.strictSame(await openAndLook(store, { acceptLoss: true }), { tasks: [], events: 0 })
      t.match(store.losses, [{ message: /begun anew/ }])
      t.equal(store.losses.length, 1)
      t.ok(store.files().some((name) => name.startsWith('kapok.duckdb.wal.damaged-')))
      await openAndLook(store)
    }
  }
)

t.test('a store that cannot be opened at all is kept, and made anew only where the loss is accepted', async (t) => {
  for (const damage of [
    (path: string) => writeFileSync(path, 'garbage'.repeat(10_000)),
    (path: string) => cut(path, 9000),
    (path: string) => flip(path, 8),
    (path: string) => flip(path, 5000),
    (path: string) => flip(path, 12_300)
  ]) {
    const store = await killedStore({ filed: 10, logged: 10 })
    damage(store.path)
    const damaged = readFileSync(store.path)
    const wal = readFileSync(`${store.path}.wal`)
    for (let i = 0; i < 2; i++) await t.rejects(store.open(), { code: 'STORE_DAMAGED', message: /--accept-loss/ })
    t.ok(readFileSync(`${store.path}.wal`).equals(wal), 'its log is as it was')
    t.strictSame(await openAndLook(store, { acceptLoss: true }), { tasks: [], events: 0 })
    const kept = store.files().find((name) => name.startsWith('kapok.duckdb.damaged-'))!
    t.ok(readFileSync(join(store.dir, kept)).equals(damaged))
  }
})

t.test('what cannot be read of a table of events is left out, and told; the rest is there', async (t) => {
  const store = await killedStore({ filed: 250_000 })
  // Blocks of events are most of the file.
  flip(store.path, Math.floor(statSync(store.path).size / 2))
  const { tasks, events } = await openAndLook(store)
  t.strictSame(tasks, ['filed task'])
  t.ok(events >= 125_000 && events < 250_000, String(events))
  t.match(store.losses, [{ message: /damaged/, fields: { 'lost-alert_events': 250_000 - events } }])
  t.ok(store.files().some((name) => name.startsWith('kapok.duckdb.damaged-')))
  t.strictSame(await openAndLook(store), { tasks, events })
  t.equal(store.losses.length, 1)
})

t.test('an older file in the place of the store is told by the changes that it lacks', async (t) => {
  const old = readFileSync((await killedStore({ filed: 5 })).path)
  const store = await killedStore({ filed: 5, logged: 5 })
  rmSync(`${store.path}.wal`)
  writeFileSync(store.path, old)
  t.strictSame((await openAndLook(store)).tasks, ['filed task'])
  t.match(store.losses, [{ message: /its last 3 changes/ }])
})

t.test('a mark that is damaged is told, and replaced', async (t) => {
  const store = await killedStore({ filed: 1, logged: 1 })
  flip(`${store.path}.mark`, 22)
  t.strictSame((await openAndLook(store)).tasks, ALL)
  t.match(store.losses, [{ message: /what says how much was stored is damaged/ }])
  await openAndLook(store)
  t.equal(store.losses.length, 1)
})
