import type { Staged } from '../model/staged.ts'
import type { Node } from './node.ts'

/**
 * A node that reads staged points as columns: `from`, so that a point object is made once, with its group, and only
 * for points that pass.
 */
export interface StagedReader {
  /** @param start Index of the first one that is for it; the edge has counted them. */
  readStaged(staged: Staged, start: number): void
}

export function isStagedReader(node: Node): node is Node & StagedReader {
  return 'readStaged' in node
}
