import { statSync } from 'node:fs'
import { defineError, messageOf } from '../core/errors.ts'
import { readTextFile } from '../core/text-file.ts'

/** No secret is longer. */
const MAX_BYTES = 64 * 1024

export const SecretUnreadable = defineError(
  'SECRET_UNREADABLE',
  500,
  (name: string, detail: string) => `${name}: ${detail}`
)

/** The secret that a file holds, without the newline at its end. Throws where it cannot be read or is empty. */
export function readSecretFile(path: string): string {
  const secret = readTextFile(path, MAX_BYTES).replace(/\r?\n$/, '')
  if (secret === '') throw new Error(`${path} is empty`)
  return secret
}

/** What a look at the files of secrets has found. */
export interface SecretsLook {
  /** Whether one of them has another secret than before. */
  readonly hasChanged: boolean
  /** Files that can no longer be read, and why: what they last held stays in force. */
  readonly lost: readonly { readonly file: string; readonly error: string }[]
}

interface Known {
  readonly secret: string
  /** Tells a version of the file from another one, also where a link now leads to another file. */
  readonly version: string
}

/** Files of secrets that the configuration names. Each is read once, and again when it has changed. */
export class SecretFiles {
  readonly #known = new Map<string, Known>()

  /** Throws where it cannot be read. */
  read(path: string): string {
    let known = this.#known.get(path)
    if (known === undefined) {
      const version = versionOf(path)
      this.#known.set(path, (known = { version, secret: readSecretFile(path) }))
    }
    return known.secret
  }

  /** Whether there are any to look at. */
  get isEmpty(): boolean {
    return this.#known.size === 0
  }

  /** Reads those that are not as they were when they were looked at last. */
  look(): SecretsLook {
    let hasChanged = false
    const lost: { file: string; error: string }[] = []
    for (const [file, { secret, version }] of this.#known) {
      const now = versionOf(file)
      if (now === version) continue
      try {
        const fresh = readSecretFile(file)
        hasChanged ||= fresh !== secret
        this.#known.set(file, { secret: fresh, version: now })
      } catch (error) {
        // Told once, not at every look.
        this.#known.set(file, { secret, version: now })
        lost.push({ file, error: messageOf(error) })
      }
    }
    return { hasChanged, lost }
  }
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? '' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
}
