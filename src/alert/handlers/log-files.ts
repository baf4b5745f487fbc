import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { devNull } from 'node:os'
import { defineError, messageOf } from '../../core/errors.ts'
import { isWithin, placeOf, realPathOf } from '../../core/paths.ts'

export const LogFileForbidden = defineError(
  'LOG_FILE_FORBIDDEN',
  400,
  (path: string, folders: readonly string[]) =>
    `the log file ${path} is not allowed: it has to be below one of security.log-folders (${folders.join(', ')})`
)

/** No link is followed at the last part, and nobody who reads from a pipe is waited for. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Files that users' definitions may have the server append to.
 * Differs: `log` handlers write only below `security.log-folders`, links followed, and only to plain files that are no
 * links; Kapacitor writes wherever its process may.
 */
export class LogFiles {
  readonly #folders: readonly string[]
  readonly #dataFolder: string | undefined

  /**
   * @param folders Need not exist yet.
   * @param dataFolder The server's own files are there: what is below is only allowed below a folder that is there, too.
   */
  constructor(folders: readonly string[], dataFolder?: string) {
    this.#folders = folders
    this.#dataFolder = dataFolder
  }

  /** Fails with LOG_FILE_FORBIDDEN. */
  check(path: string): void {
    this.#placeOf(path)
  }

  /** Makes a file that is missing, but no folder. Fails with LOG_FILE_FORBIDDEN, or as the system does. */
  async append(path: string, text: string, mode: number): Promise<void> {
    const file = await open(this.#placeOf(path), APPEND, mode).catch((error: unknown) => {
      throw new Error(wordsOf(error, path))
    })
    try {
      if (path !== devNull && !(await file.stat()).isFile()) throw new Error(`${path} is not a plain file`)
      await file.appendFile(text)
    } finally {
      await file.close()
    }
  }

  /** Where a file really is. */
  #placeOf(path: string): string {
    // What is written there is nowhere.
    if (path === devNull) return path
    const place = placeOf(path)
    const isKept = (path: string) => this.#dataFolder !== undefined && isWithin(realPathOf(this.#dataFolder), path)
    const isAllowed = this.#folders.map(realPathOf).some((folder) => {
      return isWithin(folder, place) && (isKept(folder) || !isKept(place))
    })
    if (!isAllowed) throw LogFileForbidden(path, this.#folders)
    return place
  }
}

function wordsOf(error: unknown, path: string): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ELOOP') return `${path} is a symbolic link, which is not followed`
  if (code === 'ENXIO') return `${path} is not a plain file`
  return messageOf(error)
}
