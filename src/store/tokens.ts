import type { Logger } from '../core/logger.ts'
import type { Statements } from './contract.ts'
import { readRows } from './read-rows.ts'

export interface TokenRecord {
  /** Id of the token, which is no secret: it is part of the token, and how lists name it. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the secret, as hexadecimal digits. */
  readonly digest: string
  /** Scopes as clients write them: `read`, `write:telegraf`. */
  readonly scopes: readonly string[]
  /** Whoever made it. */
  readonly owner: string
  readonly createdMs: number
  readonly expiresMs: number | undefined
  readonly lastUsedMs: number | undefined
}

interface TokenRow {
  id: string
  name: string
  digest: string
  scopes: string
  owner: string
  created: bigint
  expires: bigint | null
  last_used: bigint | null
}

export class TokenStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async all(log: Logger): Promise<TokenRecord[]> {
    const rows = await this.#db.all<TokenRow>('SELECT * FROM tokens')
    return readRows(
      log,
      'tokens',
      rows,
      ({ id }) => id,
      (row) => ({
        ...{ id: row.id, name: row.name, digest: row.digest, owner: row.owner },
        scopes: JSON.parse(row.scopes) as string[],
        createdMs: Number(row.created),
        expiresMs: row.expires === null ? undefined : Number(row.expires),
        lastUsedMs: row.last_used === null ? undefined : Number(row.last_used)
      })
    )
  }

  /** Adds the token or replaces the one of that id. */
  async put(token: TokenRecord): Promise<void> {
    const { id, name, digest, scopes, owner, createdMs, expiresMs, lastUsedMs } = token
    await this.#db.run('INSERT OR REPLACE INTO tokens VALUES ($1, $2, $3, $4, $5, $6, $7, $8)', [
      ...[id, name, digest, JSON.stringify(scopes), owner],
      BigInt(createdMs),
      expiresMs === undefined ? null : BigInt(expiresMs),
      lastUsedMs === undefined ? null : BigInt(lastUsedMs)
    ])
  }

  async remove(id: string): Promise<void> {
    await this.#db.run('DELETE FROM tokens WHERE id = $1', [id])
  }
}
