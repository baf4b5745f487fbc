import { readdirSync, realpathSync } from 'node:fs'
import { extname, join } from 'node:path'
import { defineError, messageOf } from '../core/errors.ts'
import { readTextFile } from '../core/text-file.ts'

export const FolderUnreadable = defineError(
  'CONFIG_FOLDER',
  500,
  (folder: string, detail: string) => `${folder}: ${detail}`
)

/** A file of a folder: its text, or why that cannot be had. */
export type FolderFile = { readonly text: string } | { readonly error: string }

/** Times that a folder is read anew because it changed meanwhile. */
const MAX_TURNS = 10

/**
 * The files of a folder, by name, in the order of their names. Where the folder is one that Kubernetes makes of a
 * ConfigMap (`..data` leads to the version in force, and a swap of that link changes all files at once), all are of one
 * version. A folder that is not there has none. A file that cannot be read (no permission, a folder or a pipe of that
 * name, a link to nowhere or in a circle, no UTF-8) is alone in that. Fails with CONFIG_FOLDER.
 */
export function readFolder(folder: string, extensions: readonly string[]): ReadonlyMap<string, FolderFile> {
  for (let turn = 1; turn <= MAX_TURNS; turn++) {
    try {
      const version = versionOf(folder)
      if (version === undefined) return new Map()
      const names = namesIn(version, extensions)
      const files = new Map(names.map((name) => [name, readFile(join(version, name))]))
      if (versionOf(folder) === version && namesIn(version, extensions).join('/') === names.join('/')) return files
    } catch (error) {
      if (!isMissing(error)) throw FolderUnreadable(folder, messageOf(error))
    }
  }
  throw FolderUnreadable(folder, 'it changes all the time')
}

function namesIn(folder: string, extensions: readonly string[]): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && extensions.includes(extname(name)))
  return names.sort()
}

function readFile(path: string): FolderFile {
  try {
    return { text: readTextFile(path) }
  } catch (error) {
    return { error: isMissing(error) ? 'the link leads to no file' : messageOf(error) }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** Where the files of the version in force are; undefined: there is no such folder. */
export function versionOf(folder: string): string | undefined {
  return resolveLink(join(folder, '..data')) ?? resolveLink(folder)
}

function resolveLink(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
