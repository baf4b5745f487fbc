import { randomBytes } from 'node:crypto'

/** Fails for who has seen another revision than this one; undefined: there is nothing. */
export type Precondition = (revision: string | undefined) => void

const run = randomBytes(6).toString('base64url')
let last = 0

/** Tells one version of a filter or route from all others. */
export function nextRevision(): string {
  return `${run}-${++last}`
}
