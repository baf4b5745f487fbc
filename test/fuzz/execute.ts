import type { ConformanceCase, Result } from '../conformance/case.ts'
import { runCase } from '../conformance/run-case.ts'

export interface Target {
  readonly url: string
  /** Silence, in ms, after which nothing more is expected of it. */
  readonly settle: number
}

/** Runs a case against a server. What the case could not do is told in the result. */
export async function execute(content: ConformanceCase, { url, settle }: Target, nonce?: string): Promise<Result> {
  try {
    return await runCase(content, { target: url, settle, name: 'fuzz', ...(nonce !== undefined && { nonce }) })
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
