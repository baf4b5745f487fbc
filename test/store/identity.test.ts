import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { StoreLoss } from '../../src/store/damaged-files.ts'
import { loadIdentity } from '../../src/store/identity.ts'
import { testFolder } from '../support/folder.ts'

t.test('a server keeps its ids, and takes over those that it is given', async (t) => {
  const dir = join(testFolder(t), 'data')
  const losses: StoreLoss[] = []
  const load = () => loadIdentity(dir, (loss) => losses.push(loss))
  const first = await load()
  t.match(first, { clusterId: /^[0-9a-f-]{36}$/, serverId: /^[0-9a-f-]{36}$/ })
  t.not(first.clusterId, first.serverId)
  t.strictSame(await load(), first)
  writeFileSync(join(dir, 'cluster.id'), 'mine\n')
  t.strictSame(await load(), { ...first, clusterId: 'mine' })

  t.strictSame(losses, [])
})

t.test('an id that is damaged is told, kept beside and a new one from then on', async (t) => {
  const dir = join(testFolder(t), 'data')
  const losses: StoreLoss[] = []
  const load = () => loadIdentity(dir, (loss) => losses.push(loss))
  const first = await load()
  writeFileSync(join(dir, 'server.id'), Buffer.from([0xff, 0x00, 0x41]))
  const second = await load()
  t.equal(second.clusterId, first.clusterId)
  t.not(second.serverId, first.serverId)
  t.match(losses, [
    { message: /id of the server was damaged/, fields: { id: second.serverId, 'kept-as': /server\.id\.damaged-/ } }
  ])
  t.strictSame(await load(), second)
  t.equal(losses.length, 1)
})
