import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'
import { WITH_ADMIN } from '../support/admin.ts'

const folder = testFolder(t)

function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent: false }, (answer) => {
      text(answer).then((body) => resolve(`${answer.statusCode} ${body}`.trim()), reject)
    })
      .on('error', reject)
      .end()
  })
}

t.test('the API is served at a Unix socket, for the group of the server alone', async (t) => {
  const path = `${folder}/api.sock`
  const server = await testServer(t, { KAPOK_HTTP_UNIX_SOCKET: path })
  t.equal(await ask(path, '/kapacitor/v1/ping'), '204')
  t.equal(statSync(path).mode & 0o777, 0o660)
  await server.close()
  t.throws(() => statSync(path), { code: 'ENOENT' })
})

t.test('users are asked for at a Unix socket, too', async (t) => {
  const path = `${folder}/locked.sock`
  await testServer(t, { ...WITH_ADMIN, KAPOK_HTTP_UNIX_SOCKET: path })
  t.match(await ask(path, '/kapacitor/v1/ping'), /^401 .*unable to parse authentication credentials/)
})

t.test('a socket that a killed server left is taken over, one in use and a file are not', async (t) => {
  const left = `${folder}/left.sock`
  const code = `require('node:net').createServer().listen(${JSON.stringify(left)}, () => console.log('there'))`
  const killed = spawn(process.execPath, ['-e', code], { env: {} })
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  t.ok(statSync(left).isSocket())
  await testServer(t, { KAPOK_HTTP_UNIX_SOCKET: left })
  t.equal(await ask(left, '/kapacitor/v1/ping'), '204')

  const used = `${folder}/used.sock`
  const other = createServer().listen(used)
  await once(other, 'listening')
  t.teardown(() => other.close())
  await t.rejects(testServer(t, { KAPOK_HTTP_UNIX_SOCKET: used }), { code: 'UNIX_SOCKET_IN_USE' })

  const file = `${folder}/file`
  writeFileSync(file, '')
  await t.rejects(testServer(t, { KAPOK_HTTP_UNIX_SOCKET: file }), { code: 'UNIX_SOCKET_NO_SOCKET' })
})
