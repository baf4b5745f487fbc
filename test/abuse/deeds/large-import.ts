import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Deed } from '../abuse.ts'

const MIB = 1024 * 1024

export default {
  name: 'large-import',
  what: 'an import of 2 TB, announced',
  isShort: true,
  async run({ url }) {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname).on('error', () => undefined)
    const path = '/kapok/v1/recordings/import?id=x&format=line-protocol&db=d&rp=r'
    socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${2 * MIB * MIB}\r\n\r\nm v=1 1\n`)
    const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close'), delay(5000, ['none'])])) as [
      unknown
    ]
    socket.destroy()
    const text = String(answer)
    return text.startsWith('HTTP/1.1 413') ? undefined : `the answer was ${text.slice(0, 60)}`
  }
} satisfies Deed
