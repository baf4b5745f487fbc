import { defineError } from '../core/errors.ts'

export const StoreLocked = defineError(
  'STORE_LOCKED',
  500,
  (path: string, detail: string) => `the store ${path} is in use by another process: ${detail}`
)

const wayOut = (path: string): string =>
  `Put a backup in its place, or start once with --accept-loss to go on without what is lost; ` +
  `nothing is deleted, what is damaged is kept as ${path}….damaged-<time>.`

export const StoreDamaged = defineError(
  'STORE_DAMAGED',
  500,
  (path: string, detail: string) => `the store ${path} is damaged or not a store of Kapok: ${detail}. ${wayOut(path)}`
)
/** Where a folder has had a store. */
export const StoreLost = defineError(
  'STORE_LOST',
  500,
  (path: string, what: string) => `the store ${path} ${what}. ${wayOut(path)}`
)
export const StoreNotOpened = defineError(
  'STORE_NOT_OPENED',
  500,
  (path: string, detail: string) => `cannot open the store ${path}: ${detail}`
)
export const StoreTooNew = defineError(
  'STORE_TOO_NEW',
  500,
  (path: string, id: string) => `the store ${path} was written by a newer version: unknown migration ${id}`
)
export const StoreClosed = defineError('STORE_CLOSED', 500, () => 'the store is closed')
