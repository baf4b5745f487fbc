import { connect } from 'node:net'
import { DeliveryError } from './handler.ts'

const IDLE_MS = 10_000
const ANSWER_MAX_CHARS = 4096

/**
 * Sends a text over a connection of its own, and closes its side.
 * @param context What the message of a failure begins with.
 */
export async function sendOverTcp(address: string, text: string, context: string): Promise<void> {
  await exchange(address, text, context, false)
}

/** The same. @returns What the peer says until it closes its side too. */
export function askOverTcp(address: string, text: string, context: string): Promise<string> {
  return exchange(address, text, context, true)
}

function exchange(address: string, text: string, context: string, awaitsAnswer: boolean): Promise<string> {
  const { host, port } = splitAddress(address)
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new DeliveryError('unavailable', `${context}: ${reason}`))
    if (!(port > 0 && port < 65536))
      return reject(new DeliveryError('refused', `${context}: invalid address ${address}`))
    let answer = ''
    const socket = connect({ host, port })
    socket.setTimeout(IDLE_MS, () => {
      fail('timeout')
      socket.destroy()
    })
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      answer = (answer + String(data)).slice(0, ANSWER_MAX_CHARS)
    })
    socket.on('error', (error) => fail(error.message))
    socket.on('close', () => resolve(answer))
    socket.end(text, () => {
      if (!awaitsAnswer) resolve('')
    })
  })
}

/** `host:port`, `[::1]:port`, `:port`. The port is NaN where there is none. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(address) ?? []
  const host = bracketed ?? plain ?? ''
  return { host: host === '' ? 'localhost' : host, port: Number(port === '' ? NaN : port) }
}
