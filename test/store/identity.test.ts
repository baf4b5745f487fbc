import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadIdentity } from '../../src/store/identity.ts'
import { testFolder } from '../support/folder.ts'

t.test('a server keeps its ids, and takes over those that it is given', async (t) => {
  const dir = join(testFolder(t), 'data')
  const first = await loadIdentity(dir)
  t.match(first, { clusterId: /^[0-9a-f-]{36}$/, serverId: /^[0-9a-f-]{36}$/ })
  t.not(first.clusterId, first.serverId)
  t.strictSame(await loadIdentity(dir), first)
  writeFileSync(join(dir, 'cluster.id'), 'mine\n')
  t.strictSame(await loadIdentity(dir), { ...first, clusterId: 'mine' })
})
