import type { Staged } from '../model/staged.ts'
import type { Edge } from './edge.ts'
import type { Node } from './node.ts'

/**
 * A node that reads staged points as columns: `from`, so that a point object is made once, with its group, and only
 * for points that pass.
 */
export interface StagedReader {
  /** @param edge The edge that they come by; the reader counts them on it. */
  readStaged(staged: Staged, edge: Edge): void
}

export function isStagedReader(node: Node): node is Node & StagedReader {
  return 'readStaged' in node
}
