import type { Staged } from '../model/staged.ts'
import type { Receiver } from './receiver.ts'

/**
 * A node that reads staged points as columns: `from`, so that a point object is made once, with its group, and only
 * for points that pass.
 */
export interface StagedReader {
  /** @param start Index of the first one that is for it; the edge has counted them. */
  readStaged(staged: Staged, start: number): void
}

export function isStagedReader(receiver: Receiver): receiver is Receiver & StagedReader {
  return 'readStaged' in receiver
}
