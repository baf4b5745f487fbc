import { statSync } from 'node:fs'
import { defineError, messageOf } from '../core/errors.ts'
import { readTextFile } from '../core/text-file.ts'

/** Longest secret in bytes. */
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
  /** undefined: the file could not be read yet. */
  readonly secret: string | undefined
  /** Tells a version of the file from another one, also where a link now leads to another file. */
  readonly version: string
}

/** Files of secrets that files of the server's owner name. Each is read once, and again when it has changed. */
export class SecretFiles {
  readonly #known = new Map<string, Known>()
  /** Files that were asked for since the last sweep. */
  readonly #used = new Set<string>()

  /** Throws where it cannot be read, and was not before; it is looked at all the same. */
  read(path: string): string {
    this.#used.add(path)
    const before = this.#known.get(path)?.secret
    if (before !== undefined) return before
    const version = versionOf(path)
    this.#known.set(path, { version, secret: undefined })
    const secret = readSecretFile(path)
    this.#known.set(path, { version, secret })
    return secret
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
        if (secret !== undefined) lost.push({ file, error: messageOf(error) })
      }
    }
    return { hasChanged, lost }
  }

  /** Forgets the files that nobody has asked for since the last sweep: to be called when all that name some were read. */
  sweep(): void {
    for (const path of this.#known.keys()) if (!this.#used.has(path)) this.#known.delete(path)
    this.#used.clear()
  }
}

/** '' where it cannot be told: the file is not there, or not to be got at. */
function versionOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch {
    return ''
  }
}
