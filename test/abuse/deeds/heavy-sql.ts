import { eventually } from '../../support/eventually.ts'
import type { Deed } from '../abuse.ts'

const API = '/kapok/v1/recordings'
const HEAVY =
  'SELECT count(*) FROM range(100000) a, range(100000) b, range(1000) c WHERE a.range * b.range % 7 = c.range % 5'

export default {
  name: 'heavy-sql',
  what: '20 heavy queries of SQL at a recording, then a light one',
  isShort: false,
  async run(scene) {
    await scene.call('POST', `${API}/import?id=r&format=line-protocol&db=d&rp=r`, 'm v=1 1\nm v=2 2')
    await eventually('a finished import', async () => (await scene.call('GET', `${API}/r`)).text.includes('finished'))
    const all = Promise.allSettled(
      Array.from({ length: 20 }, () => scene.call('POST', `${API}/r/sql`, { query: HEAVY }, 120_000))
    )
    const started = performance.now()
    const light = await scene.call('POST', `${API}/r/sql`, { query: 'SELECT 1' }, 120_000)
    const ms = Math.round(performance.now() - started)
    await all
    return ms > 60_000 ? `the light one waited for ${ms} ms and got ${light.status}` : undefined
  }
} satisfies Deed
