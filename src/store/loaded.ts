import type { Statements } from './contract.ts'

/** Something that a file of the load directory has made. */
export interface LoadedRecord {
  readonly kind: string
  readonly id: string
  /** Hash of the file as it was. */
  readonly hash: string
}

export class LoadedStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async all(): Promise<LoadedRecord[]> {
    const rows = await this.#db.all<{ kind: string; id: string; hash: string }>(
      'SELECT * FROM loaded ORDER BY kind, id'
    )
    return rows.map((row) => ({ ...row }))
  }

  async put({ kind, id, hash }: LoadedRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO loaded VALUES ($1, $2, $3)', [kind, id, hash])
  }

  async remove({ kind, id }: LoadedRecord): Promise<void> {
    await this.#db.run('DELETE FROM loaded WHERE kind = $1 AND id = $2', [kind, id])
  }
}
