import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseOrText, readText } from './exchange.ts'

export interface Post {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Capture {
  /** Host and port. */
  readonly address: string
  readonly url: string
  readonly posts: readonly Post[]
  /** How long nothing has come. */
  idleMs(): number
  close(): void
}

/** Keeps whatever is posted to it, in order of arrival, and answers with the status that the path asks for. */
export async function startCapture(): Promise<Capture> {
  const posts: Post[] = []
  let lastMs = Date.now()
  const keep = (post: Post): void => {
    lastMs = Date.now()
    posts.push(post)
  }
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    const answer = (text: string): void => {
      keep({ method, path, headers, body: parseOrText(text) })
      response.writeHead(statusFrom(path), { 'Content-Type': 'application/json' }).end('{}')
    }
    // A request that is cut off is none.
    readText(request).then(answer, () => undefined)
  })
  // What is no HTTP is a message over TCP, which is answered as Sensu does.
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    const text = error.rawPacket?.toString() ?? ''
    if (text !== '') keep({ method: 'TCP', path: '', headers: {}, body: parseOrText(text) })
    socket.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address,
    url: `http://${address}`,
    posts,
    idleMs: () => Date.now() - lastMs,
    close() {
      server.closeAllConnections()
      server.close()
    }
  }
}

function statusFrom(path: string): number {
  const inPath = /\/status-(\d{3})\b/.exec(path)?.[1]
  return Number(inPath ?? new URL(path, 'http://capture').searchParams.get('status') ?? 200)
}
