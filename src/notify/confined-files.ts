import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { isWithin } from '../core/paths.ts'
import { readTextFile } from '../core/text-file.ts'
import { InvalidDefinition } from './params.ts'

/** A script may be a bundle of libraries. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Files that definitions name (scripts, templates, lists of recipients, secrets): only those below the configuration
 * folder. Differs: the original reads any file of the server.
 */
export class ConfinedFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = resolve(folder)
  }

  /**
   * @param name Absolute, or relative to the folder. Fails with NOTIFY_DEFINITION.
   * @param context What the message begins with.
   */
  read(name: string, context: string): string {
    const path = resolve(this.#folder, name)
    if (!isWithin(this.#folder, path))
      throw InvalidDefinition(`${context}: ${name} is outside of the configuration folder`)
    try {
      // A link may lead out, except where the folder itself is made of links, as a ConfigMap is.
      if (!isWithin(realpathSync(this.#folder), realpathSync(path))) throw new Error('leads out of the folder')
      return readTextFile(path, MAX_BYTES)
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      throw InvalidDefinition(`${context}: open ${name}: ${isMissing ? 'no such file or directory' : messageOf(error)}`)
    }
  }
}
