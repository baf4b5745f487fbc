import { Batch } from '../model/batch.ts'

/** How many messages one counts for that waits in a node: a batch counts for each of its points, too. */
export function weightOf(message: object): number {
  return message instanceof Batch ? 1 + message.points.length : 1
}
