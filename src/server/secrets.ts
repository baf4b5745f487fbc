import type { SecretFiles } from '../config/secret-files.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

export interface SecretFollower {
  readonly clock: Clock
  readonly log: Logger
  readonly files: SecretFiles
  /** What the secrets are of, for the log: `the configuration`. */
  readonly subject: string
  /** Brings changed secrets in force. Where it rejects, those before them are, and it is called again at the next look. */
  readonly takeOver: () => Promise<unknown>
}

const LOOK_MS = 1000
/** Errors of one take-over that are told, each once. */
const TOLD_MAX = 20

/**
 * Looks every second whether files of secrets have changed, which are then in force without a restart. A look is a
 * `stat` for each file, so that links which Kubernetes swaps are noticed like any other change.
 * @returns How to end that.
 */
export function followSecretFiles({ clock, log, files, subject, takeOver }: SecretFollower): () => void {
  const told = new Set<string>()
  let isDue = false
  let isUnderWay = false
  const timer = clock.every(LOOK_MS, () => {
    const { hasChanged, lost } = files.look()
    for (const { file, error } of lost) {
      log.error('a file of a secret cannot be read: the secret that it held stays in force', {
        file,
        err: error,
        subject
      })
    }
    isDue ||= hasChanged
    if (isDue && !isUnderWay) void attempt()
  })
  return () => timer.cancel()

  async function attempt(): Promise<void> {
    isUnderWay = true
    isDue = false
    try {
      await takeOver()
      told.clear()
      log.info('secrets of changed files are in force', { subject })
    } catch (error) {
      isDue = true
      tell(messageOf(error))
    } finally {
      isUnderWay = false
    }
  }

  function tell(error: string): void {
    if (told.has(error) || told.size >= TOLD_MAX) return
    told.add(error)
    log.error('secrets of changed files cannot be used: those before them stay in force, and it is tried again', {
      ...{ err: error, subject }
    })
  }
}
