import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { isWithin } from '../core/paths.ts'
import { readTextFile } from '../core/text-file.ts'
import { InvalidDefinition } from './params.ts'

/** A script may be a bundle of libraries. */
const MAX_BYTES = 4 * 1024 * 1024

/** Where secrets are that a client may name; nothing else may be read from there. */
const SECRETS = 'secrets'
/** The configuration itself, which holds secrets. */
const DEFINITIONS = /\.ya?ml$/i

/**
 * Files that definitions name: only those below the configuration folder. A client sends what it names to where it
 * wants, so a template, script or list is no file of the configuration and no secret, and a secret of a client is below
 * `secrets`. Differs: the original reads any file of the server.
 */
export class ConfinedFiles {
  /** Absolute. */
  readonly folder: string

  constructor(folder: string) {
    this.folder = resolve(folder)
  }

  /**
   * The text of a script, a template or a list of recipients.
   * @param name Absolute, or relative to the folder. Fails with NOTIFY_DEFINITION.
   * @param context What the message begins with.
   */
  read(name: string, context: string): string {
    const path = this.#locate(this.folder, name, context)
    if (DEFINITIONS.test(path) || isWithin(join(this.folder, SECRETS), path)) {
      throw InvalidDefinition(`${context}: ${name} belongs to the configuration, which may hold secrets`)
    }
    return attempt(name, context, () => readTextFile(path, MAX_BYTES))
  }

  /** The path of a secret that a client names. Fails with NOTIFY_DEFINITION, also where there is none. */
  locateSecret(name: string, context: string): string {
    return this.#locate(join(this.folder, SECRETS), name, context)
  }

  #locate(top: string, name: string, context: string): string {
    const path = resolve(this.folder, name)
    if (!isWithin(this.folder, path)) {
      throw InvalidDefinition(`${context}: ${name} is outside of the configuration folder`)
    }
    if (!isWithin(top, path)) {
      throw InvalidDefinition(
        `${context}: over the API, only files in the folder ${SECRETS} of the configuration folder can be named`
      )
    }
    return attempt(name, context, () => {
      // A link may lead out, except where the folder itself is made of links, as a ConfigMap is.
      if (!isWithin(realpathSync(this.folder), realpathSync(path))) throw new Error('leads out of the folder')
      return path
    })
  }
}

function attempt(name: string, context: string, work: () => string): string {
  try {
    return work()
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw InvalidDefinition(`${context}: open ${name}: ${isMissing ? 'no such file or directory' : messageOf(error)}`)
  }
}
