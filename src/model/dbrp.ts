/** A database and one of its retention policies: what tasks subscribe to. Compared exactly; both may be empty. */
export interface Dbrp {
  readonly db: string
  readonly rp: string
}

/** A key for maps. */
export function dbrpKey(db: string, rp: string): string {
  return `${db}\0${rp}`
}
