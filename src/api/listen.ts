import type { App } from './app.ts'

/** @param address `HOST:PORT`; every address of the machine where there is no host. @returns The URL. */
export async function listenAt(app: App, address: string): Promise<string> {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  return await app.listen({ port: portOf(address), host: host === '' ? '::' : host })
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

/** How often connections that have become idle are closed while the server ends. */
const SWEEP_MS = 50

/** Requests under way may end; those that take longer are cut. */
export async function closeWithin(app: App, limitMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), limitMs)
  // A connection whose answer ends only now would stay until its client lets go of it.
  const sweeper = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
  await app.close()
  clearTimeout(timer)
  clearInterval(sweeper)
}
