import type { Statements } from './contract.ts'

/** A change that somebody made. */
export interface AuditRecord {
  /** Unix milliseconds. */
  readonly timeMs: number
  /** Name of a user, a token or a file. */
  readonly actor: string
  /** Where the request came from; '' where there was none. */
  readonly address: string
  readonly action: string
  readonly kind: string
  readonly id: string
  /** JSON. */
  readonly changes: string
}

/** undefined: any. */
export interface AuditFilter {
  readonly actor?: string | undefined
  readonly kind?: string | undefined
  readonly id?: string | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

interface AuditRow extends Omit<AuditRecord, 'timeMs'> {
  readonly sequence: bigint
  readonly time: bigint
}

export class AuditStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async lastSequence(): Promise<bigint> {
    const [row] = await this.#db.all<{ last: bigint | null }>('SELECT max(sequence) AS last FROM audit')
    return row?.last ?? 0n
  }

  async add(sequence: bigint, record: AuditRecord): Promise<void> {
    const { timeMs, actor, address, action, kind, id, changes } = record
    const values = [sequence, BigInt(timeMs), actor, address, action, kind, id, changes]
    await this.#db.run('INSERT INTO audit VALUES ($1, $2, $3, $4, $5, $6, $7, $8)', values)
  }

  /** The newest first. */
  async page({ actor, kind, id, fromMs, toMs }: AuditFilter, limit: number, offset: number): Promise<AuditRecord[]> {
    const timeOf = (millis: number | undefined): bigint | null => (millis === undefined ? null : BigInt(millis))
    const rows = await this.#db.all<AuditRow>(
      `SELECT * FROM audit
       WHERE ($1 IS NULL OR actor = $1) AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR id = $3)
         AND ($4 IS NULL OR time >= $4) AND ($5 IS NULL OR time < $5)
       ORDER BY sequence DESC LIMIT $6 OFFSET $7`,
      [actor ?? null, kind ?? null, id ?? null, timeOf(fromMs), timeOf(toMs), BigInt(limit), BigInt(offset)]
    )
    return rows.map(({ sequence: _, time, ...rest }) => ({ timeMs: Number(time), ...rest }))
  }

  /** Takes out what is older, and the oldest beyond so many. */
  async retain(beforeMs: number, rows: number, lastSequence: bigint): Promise<void> {
    await this.#db.run('DELETE FROM audit WHERE time < $1 OR sequence <= $2', [
      BigInt(beforeMs),
      lastSequence - BigInt(rows)
    ])
  }
}
