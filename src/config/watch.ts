import { join } from 'node:path'
import { watch } from 'chokidar'
import type { Clock, Timer } from '../core/clock.ts'
import { versionOf } from './folder.ts'

/**
 * Tells of changes below a folder, some time after the last of several that come together. Links are followed; where
 * one that leads to a whole version is swapped (`..data` of a ConfigMap, a release), the file system says little or
 * nothing of it, so those links are looked at twice a second.
 */
export interface Watching {
  /** Resolves when the first look is done: from then on nothing is missed. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

/** How long it has to be quiet. */
const QUIET_MS = 100
/** A change is told after so long even where others keep coming. */
const MAX_DELAY_MS = 500
const LOOK_MS = 500
/** Folders of folders. */
const DEPTH = 4

/** @param parts Folders below it that may be links of their own. */
export function watchFolder(folder: string, parts: readonly string[], clock: Clock, onChange: () => void): Watching {
  const paths = [folder, ...parts.map((part) => join(folder, part))]
  let timer: Timer | undefined
  let firstMs = 0
  const notify = (): void => {
    timer = undefined
    onChange()
  }
  const note = (): void => {
    const nowMs = clock.elapsedMs()
    if (timer === undefined) firstMs = nowMs
    timer?.cancel()
    timer = clock.after(Math.max(0, Math.min(QUIET_MS, firstMs + MAX_DELAY_MS - nowMs)), notify)
  }

  let versions = paths.map(findVersion)
  let watcher = open()
  const look = clock.every(LOOK_MS, () => {
    const found = paths.map(findVersion)
    if (found.every((version, index) => version === versions[index])) return
    versions = found
    // What is watched are the files that the links led to.
    const old = watcher
    watcher = open()
    watcher.once('ready', note) // What changed until then was not seen.
    void old.close()
    note()
  })

  function open() {
    // An error of a watch is of no use to anyone: the look at the links goes on.
    return watch(folder, { ignoreInitial: true, depth: DEPTH })
      .on('all', note)
      .on('error', () => {})
  }

  return {
    ready: new Promise((resolve) => watcher.once('ready', resolve)),
    async close() {
      look.cancel()
      timer?.cancel()
      await watcher.close()
    }
  }
}

function findVersion(path: string): string | undefined {
  try {
    return versionOf(path)
  } catch {
    return undefined
  }
}
