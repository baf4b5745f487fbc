import type { Result, StoredCase } from './case.ts'
import { difference } from './difference.ts'
import { runCase, type RunOptions } from './run-case.ts'

/** Runs cases, several at a time. Those with the same lock change what they share on the server: one at a time. */
export async function runAll(
  cases: readonly StoredCase[],
  jobs: number,
  work: (stored: StoredCase) => Promise<void>
): Promise<void> {
  const locks = new Map<string, Promise<void>>()
  const locked = (stored: StoredCase): Promise<void> => {
    if (stored.lock === undefined) return work(stored)
    const turn = (locks.get(stored.lock) ?? Promise.resolve()).then(() => work(stored))
    locks.set(stored.lock, turn)
    return turn
  }
  const rest = cases.values()
  const worker = async (): Promise<void> => {
    for (const stored of rest) await locked(stored)
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

/** @returns How the answers differ from those of the case; undefined where they do not. */
export async function checkCase(
  { expect, name, ...content }: StoredCase,
  { target, influx }: Pick<RunOptions, 'target' | 'influx'>
): Promise<{ readonly problem: string | undefined; readonly result: Result }> {
  const result = await runCase(content, { target, ...(influx !== undefined && { influx }), name, expect })
  return { problem: difference(expect, result), result }
}
