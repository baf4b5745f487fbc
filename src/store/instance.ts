import { chmod, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { messageOf } from '../core/errors.ts'
import { StoreDamaged, StoreLocked, StoreNotOpened } from './errors.ts'

export interface InstanceOptions {
  readonly threads?: number
  readonly memoryLimit?: string
}

export const IN_MEMORY = ':memory:'

/**
 * Optimizers that plan by what the tables hold, while a prepared statement keeps its plan: run again after the tables
 * have changed it leaves out rows or makes values up (DuckDB 1.5.5).
 */
const STALE_OPTIMIZERS = 'compressed_materialization,statistics_propagation'

/** Makes the file, and its folder, where they are missing. Fails with STORE_LOCKED, STORE_DAMAGED or STORE_NOT_OPENED. */
export async function openInstance(
  path: string,
  { threads = 2, memoryLimit = '256MB' }: InstanceOptions
): Promise<DuckDBInstance> {
  try {
    if (path !== IN_MEMORY) await mkdir(dirname(path), { recursive: true })
    const instance = await DuckDBInstance.create(path, {
      threads: String(threads),
      memory_limit: memoryLimit,
      // A stream of alerts stands still for up to a second after each 20,000 where this is at its default of 16 MB.
      checkpoint_threshold: '128MB',
      disabled_optimizers: STALE_OPTIMIZERS
    })
    if (path !== IN_MEMORY) await chmod(path, 0o600)
    return instance
  } catch (error) {
    const detail = messageOf(error)
    if (/set lock/i.test(detail)) throw StoreLocked(path, detail)
    if (isDamage(detail)) throw StoreDamaged(path, detail)
    throw StoreNotOpened(path, detail)
  }
}

/** Whether what DuckDB says is about the content of its files, and not about a disk or memory. */
export function isDamage(detail: string): boolean {
  return /valid DuckDB|corrupt|checksum|replaying.* WAL|serializ|could not read enough bytes|checkpoint iteration/i.test(
    detail
  )
}
