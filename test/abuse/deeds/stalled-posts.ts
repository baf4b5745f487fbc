import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Deed } from '../abuse.ts'

const MIB = 1024 * 1024

export default {
  name: 'stalled-posts',
  what: '60 writes of 24 MB each that never end',
  isShort: false,
  async run({ url }) {
    const { hostname, port } = new URL(url)
    const part = Buffer.alloc(MIB, 'm v=1 1\n')
    const sockets = Array.from({ length: 60 }, () => {
      const socket = connect(Number(port), hostname).on('error', () => undefined)
      socket.write(`POST /write?db=d&rp=r HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${24 * MIB}\r\n\r\n`)
      for (let sent = 0; sent < 23; sent++) socket.write(part)
      return socket
    })
    await delay(10_000)
    for (const socket of sockets) socket.destroy()
    return undefined
  }
} satisfies Deed
