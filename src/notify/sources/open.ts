import { Maildir, type MaildirDeps } from './maildir.ts'

/** An entry of the section `maildir` of the configuration. Durations are nanoseconds. */
export interface MaildirSection {
  readonly enabled: boolean
  readonly dir: string
  readonly interval: bigint
  readonly remove: boolean
}

/** Opens the sources that are turned on. @returns How to end them. Fails with MAILDIR. */
export async function openSources(
  maildirs: readonly MaildirSection[],
  deps: MaildirDeps
): Promise<() => Promise<void>> {
  const opened: Maildir[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one.close()))
  }
  try {
    for (const { enabled, dir, interval, remove } of maildirs) {
      if (enabled) opened.push(await Maildir.open({ dir, remove, intervalMs: Number(interval / 1_000_000n) }, deps))
    }
  } catch (error) {
    await close()
    throw error
  }
  return close
}
