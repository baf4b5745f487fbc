import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { NodeHttp } from '../../src/engine/http.ts'
import { findSecret, secret } from '../support/secret.ts'

t.test('a server that says back what it was sent brings no credentials of a script into the log', async (t) => {
  const server = createServer((request, response) => {
    response.writeHead(400).end(`${request.url} ${JSON.stringify(request.headers)}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const http = new NodeHttp(() => new Map(), [])
  t.teardown(() => {
    http.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const headers = { Authorization: `Bearer ${secret('header')}`, Accept: 'text/plain' }
  const url = `http://u:${secret('user')}@127.0.0.1:${port}/x?token=${secret('query')}`
  const { status, body } = await http.post({ url, body: '', headers, timeoutMs: 0 })
  t.equal(status, 400)
  t.equal(findSecret(body), undefined)
  t.match(body, '/x?token=********')
  t.match(body, 'text/plain')

  const away = await http.post({ url: `gopher://u:${secret('user')}@host/`, body: '', headers, timeoutMs: 0 }).then(
    () => 'it was taken',
    (error: unknown) => (error as Error).message
  )
  t.equal(away, 'unsupported URL "gopher://u:********@host/"')
})
