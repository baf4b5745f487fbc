import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Clock, Timer } from '../../core/clock.ts'
import { AppError, defineError, messageOf } from '../../core/errors.ts'
import { formatInstant } from '../../core/instant.ts'
import type { Logger } from '../../core/logger.ts'
import type { Alert } from '../alert.ts'
import { alertOfMail } from './mail.ts'

/** A folder of mails (maildir) whose new ones become alerts. */
export interface MaildirSettings {
  readonly dir: string
  readonly intervalMs: number
  /** Mails that were taken in are deleted, not moved to `cur`. */
  readonly remove: boolean
}

export interface MaildirDeps {
  readonly clock: Clock
  readonly log: Logger
  /** Resolves once the alert, which is a valid one, is safe. */
  readonly post: (alert: Alert) => Promise<void>
}

const MaildirInvalid = defineError('MAILDIR', 500, (detail: string) => `maildir: ${detail}`)

const MAX_BYTES = 10 * 1024 * 1024
/** Where mails go that cannot become alerts, beside `new` and `cur`. */
const ASIDE = 'bad'

/**
 * Looks into `new` from time to time, in the order of the names. A mail leaves it once its alert is in the journal: for
 * `cur`, or, where none can be made of it, for `bad`. What cannot be moved is remembered and holds up no other.
 * Differs: the original deletes mails before their alerts are safe, those too that it cannot read, and one that cannot
 * be deleted keeps it from all others.
 */
export class Maildir {
  readonly #settings: MaildirSettings
  readonly #deps: MaildirDeps
  /** Names of mails that are done with and cannot be moved. */
  readonly #stuck = new Set<string>()
  #timer: Timer | undefined
  #scan: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(settings: MaildirSettings, deps: MaildirDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  /** Fails with MAILDIR, in kkok's words. A folder that is not there yet is only warned of. */
  static async open(settings: MaildirSettings, deps: MaildirDeps): Promise<Maildir> {
    const { dir, intervalMs } = settings
    if (!isAbsolute(dir)) throw MaildirInvalid('dir is not an absolute path')
    if (!(intervalMs > 0)) throw MaildirInvalid('invalid interval value')
    const found = await stat(dir).catch(() => undefined)
    if (found === undefined) deps.log.warn('the maildir does not exist', { dir })
    else if (!found.isDirectory()) throw MaildirInvalid('dir is not a directory')
    const maildir = new Maildir(settings, deps)
    maildir.#schedule()
    return maildir
  }

  /** Resolves when no scan is under way. */
  idle(): Promise<void> {
    return this.#scan
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#scan
  }

  #schedule(): void {
    this.#timer = this.#deps.clock.after(this.#settings.intervalMs, () => {
      this.#scan = this.#scanOnce()
        .catch((error: unknown) => {
          this.#deps.log.error('failed to look into a maildir', { dir: this.#settings.dir, err: messageOf(error) })
        })
        .then(() => {
          if (!this.#isClosed) this.#schedule()
        })
    })
  }

  async #scanOnce(): Promise<void> {
    const entries = await readdir(this.#path('new'), { withFileTypes: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    })
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    for (const name of this.#stuck) if (!names.includes(name)) this.#stuck.delete(name)
    for (const name of names.sort()) {
      if (this.#isClosed) return
      if (!this.#stuck.has(name) && !(await this.#take(name))) return
    }
  }

  /** @returns false where no more can be taken in now. */
  async #take(name: string): Promise<boolean> {
    const { clock, log, post } = this.#deps
    const file = this.#path('new', name)
    let alert: Alert
    try {
      alert = await alertOfMail(await readMail(file), formatInstant(clock.now()))
    } catch (error) {
      const isBad = error instanceof AppError
      const moved = isBad && { moved: this.#path(ASIDE, name) }
      log.error(`failed to ${isBad ? 'parse' : 'read'} a mail`, { file, err: messageOf(error), ...moved })
      if (isBad) await this.#move(name, ASIDE, name)
      return true
    }
    try {
      await post(alert)
    } catch (error) {
      // The pool is full, or the disk: later.
      log.warn('a mail has to wait', { file, err: messageOf(error) })
      return false
    }
    if (this.#settings.remove) await this.#orRemember(name, () => unlink(file))
    else await this.#move(name, 'cur', name.includes(':2,') ? name : `${name}:2,S`)
    return true
  }

  #move(name: string, folder: string, as: string): Promise<void> {
    return this.#orRemember(name, async () => {
      await mkdir(this.#path(folder), { recursive: true })
      await rename(this.#path('new', name), this.#path(folder, as))
    })
  }

  async #orRemember(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#stuck.add(name)
      this.#deps.log.error('failed to remove a mail', { file: this.#path('new', name), err: messageOf(error) })
    }
  }

  #path(...parts: readonly string[]): string {
    return join(this.#settings.dir, ...parts)
  }
}

async function readMail(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(size, MAX_BYTES))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
