import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCase } from '../conformance/run.mjs'
import type { Case } from './trial.ts'

export interface Target {
  readonly url: string
  /** Silence, in ms, after which nothing more is expected of it. */
  readonly settle: number
}

export type Result = Readonly<Record<string, unknown>>

/** Runs a case against a server. What the case could not do is told in the result. */
export async function execute({ spec, files }: Case, { url, settle }: Target, nonce?: string): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'kapok-fuzz-'))
  try {
    // The name of the folder is part of the names that the case gives.
    const named = join(folder, 'fuzz')
    mkdirSync(named)
    writeFiles(named, { 'case.json': JSON.stringify(spec), ...files })
    return await runCase(named, { mode: 'record', target: url, settle, ...(nonce !== undefined && { nonce }) })
  } catch (error) {
    return { failure: (error as Error).message }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
}
