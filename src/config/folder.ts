import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { extname, join } from 'node:path'
import { defineError, messageOf } from '../core/errors.ts'

export const FolderUnreadable = defineError(
  'CONFIG_FOLDER',
  500,
  (folder: string, detail: string) => `${folder}: ${detail}`
)

/** Times that a folder is read anew because it changed meanwhile. */
const MAX_TURNS = 10

/**
 * The texts of the files of a folder, by name, in the order of their names. Where the folder is one that Kubernetes
 * makes of a ConfigMap (`..data` leads to the version in force, and a swap of that link changes all files at once),
 * all are of one version. A folder that is not there has none. Fails with CONFIG_FOLDER.
 */
export function readFolder(folder: string, extensions: readonly string[]): ReadonlyMap<string, string> {
  for (let turn = 1; ; turn++) {
    try {
      const version = versionOf(folder)
      if (version === undefined) return new Map()
      const names = readdirSync(version).filter((name) => !name.startsWith('.') && extensions.includes(extname(name)))
      const texts = new Map(names.sort().map((name) => [name, readFileSync(join(version, name), 'utf8')]))
      if (versionOf(folder) === version) return texts
    } catch (error) {
      // A file that is gone since the folder was listed; or one that is always so, such as a link to nowhere.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || turn >= MAX_TURNS) {
        throw FolderUnreadable(folder, messageOf(error))
      }
    }
    if (turn >= MAX_TURNS) throw FolderUnreadable(folder, 'it changes all the time')
  }
}

/** Where the files of the version in force are; undefined: there is no such folder. */
export function versionOf(folder: string): string | undefined {
  return resolveLink(join(folder, '..data')) ?? resolveLink(folder)
}

function resolveLink(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
