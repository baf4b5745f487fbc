import type { LiveSecrets } from '../config/load.ts'
import { messageOf } from '../core/errors.ts'
import type { Base } from './base.ts'

const LOOK_MS = 1000

/**
 * Looks every second whether files of secrets have changed, which are then in force without a restart: for handlers,
 * InfluxDB, tokens and whoever else asks the configuration as it is now. A look is a `stat` for each file, so that
 * links which Kubernetes swaps are noticed like any other change.
 * @returns How to end that.
 */
export function followSecrets({ overrides, clock, log }: Base, { files, config }: LiveSecrets): () => void {
  if (files.isEmpty) return () => {}
  const own = log.child({ service: 'config' })
  const timer = clock.every(LOOK_MS, () => {
    const { hasChanged, lost } = files.look()
    for (const { file, error } of lost) {
      own.error('a file of a secret cannot be read: the secret that it held stays in force', { file, error })
    }
    if (hasChanged) void takeOver()
  })
  return () => timer.cancel()

  async function takeOver(): Promise<void> {
    try {
      await overrides.rebase(config())
      own.info('secrets of changed files are in force')
    } catch (error) {
      own.error('secrets of changed files cannot be used: those before them stay in force', { error: messageOf(error) })
    }
  }
}
