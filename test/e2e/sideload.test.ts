import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { testServer } from '../support/server.ts'
import { testFolder } from '../support/folder.ts'
import { eventually } from '../support/eventually.ts'

t.test('sideload files are read at the start of the task and again when told', async (t) => {
  const server = await testServer(t)
  const folder = join(testFolder(t), 'side')
  mkdirSync(folder)
  const put = (text: string): void => writeFileSync(join(folder, 'a.yml'), text)
  const call = (path: string, body = ''): Promise<Response> =>
    fetch(`${server.url}/kapacitor/v1${path}`, { method: 'POST', body })
  const read = async (): Promise<string> => {
    t.equal((await call('/write?db=d&rp=r', 'm,host=a v=1 1')).status, 204)
    return await (await fetch(`${server.url}/kapacitor/v1/tasks/s/out`)).text()
  }

  put('cpu: 98')
  const script = `stream|from()|sideload().source('file://${folder}').order('{{.host}}.yml').field('cpu', 0.0)|httpOut('out')`
  const task = { id: 's', status: 'enabled', dbrps: [{ db: 'd', rp: 'r' }], script }
  t.equal((await call('/tasks', JSON.stringify(task))).status, 200)
  t.match(await read(), /,98,1\]/)

  put('cpu: 7')
  t.match(await read(), /,98,1\]/, 'not before it is told')
  t.equal((await call('/sideload/reload')).status, 204)
  t.match(await read(), /,7,1\]/)

  put('cpu: 5')
  process.kill(process.pid, 'SIGHUP')
  await eventually('what a hangup tells', async () => (await read()).includes(',5,1]'))

  put('cpu: [')
  t.equal((await call('/sideload/reload')).status, 500)
  t.match(await read(), /,5,1\]/, 'a broken file changes nothing')
  await server.close()
})
