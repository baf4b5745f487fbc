import { Batch } from '../model/batch.ts'

/** For how many messages one counts that waits in a node: a batch for each of its points, too. */
export function weightOf(message: object): number {
  return message instanceof Batch ? 1 + message.points.length : 1
}
