import { connect } from 'node:net'
import { AppError } from '../../core/errors.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import { DeliveryError } from './delivery-error.ts'

const IDLE_MS = 10_000
/** A peer that sends a byte now and then is not listened to for longer. */
const EXCHANGE_MS = 30_000
const ANSWER_MAX_CHARS = 64 * 1024

export interface TcpContext {
  readonly guard: NetworkGuard
  /** What the message of a failure begins with. */
  readonly context: string
}

/** Sends a text over a connection of its own, and closes its side. */
export async function sendOverTcp(address: string, text: string, context: TcpContext): Promise<void> {
  await exchange(address, text, context, false)
}

/**
 * Sends a text over TCP.
 * @returns What the peer says until it closes its side too.
 */
export function askOverTcp(address: string, text: string, context: TcpContext): Promise<string> {
  return exchange(address, text, context, true)
}

function exchange(
  address: string,
  text: string,
  { guard, context }: TcpContext,
  awaitsAnswer: boolean
): Promise<string> {
  const { host, port } = splitAddress(address)
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new DeliveryError('unavailable', `${context}: ${reason}`))
    if (!(port > 0 && port < 65536))
      return reject(new DeliveryError('refused', `${context}: invalid address ${address}`))
    let answer = ''
    guard.check(host)
    const socket = connect({ host, port, lookup: guard.lookup })
    const giveUp = (): void => {
      fail('timeout')
      socket.destroy()
    }
    const timer = setTimeout(giveUp, EXCHANGE_MS).unref()
    socket.setTimeout(IDLE_MS, giveUp)
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      answer = (answer + String(data)).slice(0, ANSWER_MAX_CHARS)
    })
    socket.on('error', (error) => (error instanceof AppError ? reject(error) : fail(error.message)))
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
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
