import { constants, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import type { LogFields } from '../core/logger.ts'

/** What of a store was lost, for the log. */
export interface StoreLoss {
  readonly message: string
  readonly fields: LogFields
}

/** Keeps damaged files beside where they were: as `kapok.duckdb.wal.damaged-20240131T120000Z`. */
export class DamagedFiles {
  readonly #time: string

  constructor(now: Date) {
    this.#time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  }

  /**
   * Renames it.
   * @param origin The file that it is a copy of.
   * @returns Its new name; undefined where it is not there.
   */
  setAside(file: string, origin = file): string | undefined {
    if (!existsSync(file)) return undefined
    const target = this.#nameFor(origin)
    renameSync(file, target)
    return target
  }

  /** Sets a copy of a file aside that others go on with. undefined where there is no room for one. */
  copyAside(file: string): string | undefined {
    const target = this.#nameFor(file)
    return copyFile(file, target) ? target : undefined
  }

  #nameFor(file: string): string {
    const name = `${file}.damaged-${this.#time}`
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? name : `${name}-${number}`
      if (!existsSync(candidate)) return candidate
    }
  }
}

/** 0 where it is not there. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** @returns Whether there was room for it. */
export function copyFile(file: string, target: string): boolean {
  try {
    copyFileSync(file, target, constants.COPYFILE_FICLONE)
    return true
  } catch {
    rmSync(target, { force: true })
    return false
  }
}
