import { chmod, lstat, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { App } from '../api/app.ts'
import type { Connections } from '../api/connections.ts'
import { defineError } from '../core/errors.ts'

const SocketInUse = defineError('UNIX_SOCKET_IN_USE', 500, (path: string) => `${path}: another server listens there`)
const NoSocket = defineError(
  'UNIX_SOCKET_NO_SOCKET',
  500,
  (path: string) => `${path}: there is something that is no socket`
)

/** Whoever is in the group of the server's process may connect; users and tokens are asked for all the same. */
const MODE = 0o660

/**
 * Serves the app at a Unix socket, too; one that a killed server has left is taken over.
 * @returns Ends it. Fails with UNIX_SOCKET_IN_USE or UNIX_SOCKET_NO_SOCKET.
 */
export async function listenAtSocket(app: App, connections: Connections, path: string): Promise<() => Promise<void>> {
  await removeStale(path)
  const server = createServer(connections.serverOptions, (request, response) => app.routing(request, response))
  connections.watch(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, MODE)
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw NoSocket(path)
  const isAlive = await new Promise<boolean>((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
  if (isAlive) throw SocketInUse(path)
  await rm(path)
}
