import { rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import type { AppError } from '../../src/core/errors.ts'
import { Random } from '../support/random.ts'
import { cut, flip, killedStore, openAndLook } from './killed-store.ts'

t.test('wherever a bit flips, the store is opened or refused for it, and what is gone is told', async (t) => {
  const random = new Random(11)
  const shape = { filed: 2000, logged: 500, added: 20 }
  const names = ['kapok.duckdb', 'kapok.duckdb.wal', 'kapok.duckdb.journal', 'kapok.duckdb.mark']
  const counts = { whole: 0, told: 0, refused: 0 }
  for (let run = 0; run < 32; run++) {
    const store = await killedStore(shape)
    const file = join(store.dir, names[run % names.length]!)
    const at = random.int(statSync(file).size)
    const what = `${basename(file)} at ${at}`
    if (run % 8 > 5) cut(file, at)
    else flip(file, at, random.int(8))
    try {
      const { tasks, events } = await openAndLook(store)
      const isWhole = tasks.length === 2 && events === 2520
      if (!isWhole && store.losses.length === 0) t.fail(`${what}: ${tasks.length} tasks, ${events} events, not told`)
      counts[isWhole ? 'whole' : 'told']++
    } catch (error) {
      counts.refused++
      t.match((error as AppError).code, /^STORE_(DAMAGED|LOST)$/, `${what}: ${(error as AppError).message}`)
      await openAndLook(store, { acceptLoss: true })
    }
    rmSync(store.dir, { recursive: true })
  }
  t.ok(counts.whole > 0 && counts.told > 0 && counts.refused > 0, JSON.stringify(counts))
})
