import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

/** Ids that a server keeps for good: of the cluster that it belongs to, and its own. */
export interface Identity {
  readonly clusterId: string
  readonly serverId: string
}

/** Reads `cluster.id` and `server.id` in the data folder; makes up those that are missing. */
export async function loadIdentity(dataDir: string): Promise<Identity> {
  await mkdir(dataDir, { recursive: true })
  return { clusterId: await idIn(join(dataDir, 'cluster.id')), serverId: await idIn(join(dataDir, 'server.id')) }
}

async function idIn(file: string): Promise<string> {
  const id = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (id !== '') return id
  const fresh = randomUUID()
  await writeFile(file, fresh)
  return fresh
}
