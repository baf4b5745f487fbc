import { existsSync } from 'node:fs'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
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
 * They plan by what the tables hold, and a prepared statement keeps its plan: run again after the tables have changed
 * it leaves out rows or makes values up (DuckDB 1.5.5).
 */
const STALE_OPTIMIZERS = 'compressed_materialization,statistics_propagation'

/** Fails with STORE_LOCKED, STORE_DAMAGED or STORE_NOT_OPENED. */
export async function openInstance(
  path: string,
  { threads = 2, memoryLimit = '256MB' }: InstanceOptions
): Promise<DuckDBInstance> {
  const isFile = path !== IN_MEMORY
  if (isFile) await prepareFolder(path)
  try {
    const instance = await DuckDBInstance.create(path, {
      threads: String(threads),
      memory_limit: memoryLimit,
      // With the default of 16 MB a stream of alerts stands still for up to a second after each 20,000.
      checkpoint_threshold: '128MB',
      disabled_optimizers: STALE_OPTIMIZERS
    })
    if (isFile) await chmod(path, 0o600)
    return instance
  } catch (error) {
    const detail = messageOf(error)
    if (/set lock/i.test(detail)) throw StoreLocked(path, detail)
    if (/valid DuckDB|corrupt|checksum|replaying WAL|serializ/i.test(detail)) throw StoreDamaged(path, detail)
    throw StoreNotOpened(path, detail)
  }
}

async function prepareFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    // A kill right after the file was made leaves it empty, which DuckDB would refuse for ever.
    if (existsSync(path) && (await stat(path)).size === 0) await rm(path)
  } catch (error) {
    throw StoreNotOpened(path, messageOf(error))
  }
}
