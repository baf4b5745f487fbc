import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedFiles, type StoreLoss } from './damaged-files.ts'

/** Ids that a server keeps for good: of the cluster that it belongs to, and its own. */
export interface Identity {
  readonly clusterId: string
  readonly serverId: string
}

/** An operator may have chosen one. */
const ID = /^[\w.:-]{1,255}$/

/**
 * Reads `cluster.id` and `server.id` in the data folder; makes up those that are missing.
 * @param onLoss Told of a file that holds no id; it is kept beside.
 */
export async function loadIdentity(dataDir: string, onLoss: (loss: StoreLoss) => void): Promise<Identity> {
  await mkdir(dataDir, { recursive: true })
  return {
    clusterId: await idIn(join(dataDir, 'cluster.id'), onLoss),
    serverId: await idIn(join(dataDir, 'server.id'), onLoss)
  }
}

async function idIn(file: string, onLoss: (loss: StoreLoss) => void): Promise<string> {
  const text = await readIfThere(file)
  if (text !== undefined && ID.test(text.trim())) return text.trim()
  const fresh = randomUUID()
  // A kill right after the file was made leaves it empty.
  if (text !== undefined && text !== '') {
    const keptAs = new DamagedFiles(new Date()).setAside(file)
    onLoss({
      message: 'an id of the server was damaged, and is a new one now',
      fields: { file, id: fresh, 'kept-as': keptAs }
    })
  }
  await writeFile(file, fresh)
  return fresh
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
