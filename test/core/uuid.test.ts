import t from 'tap'
import { timeUuid } from '../../src/core/uuid.ts'

t.test('ids are version 1 UUIDs of the present, and all different', async (t) => {
  const ids = Array.from({ length: 1000 }, timeUuid)
  t.equal(new Set(ids).size, ids.length)
  for (const id of ids) t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const [low, mid, high] = ids[0]!.split('-')
  const time = BigInt(`0x${high!.slice(1)}${mid}${low}`)
  const millis = Number((time - 122_192_928_000_000_000n) / 10_000n)
  t.ok(Math.abs(millis - Date.now()) < 10_000)
})
