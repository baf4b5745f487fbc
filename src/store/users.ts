import type { Statements } from './contract.ts'

export interface UserRecord {
  readonly name: string
  /** Hash of the password. */
  readonly hash: string
  readonly type: 'normal' | 'admin'
  readonly permissions: readonly string[]
}

interface UserRow {
  name: string
  hash: string
  type: UserRecord['type']
  permissions: string
}

export class UserStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async all(): Promise<UserRecord[]> {
    const rows = await this.#db.all<UserRow>('SELECT * FROM users')
    return rows.map((row) => ({ ...row, permissions: row.permissions.split(',').filter((word) => word !== '') }))
  }

  /** Adds the user or replaces the one of that name. */
  async put({ name, hash, type, permissions }: UserRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO users VALUES ($1, $2, $3, $4)', [
      name,
      hash,
      type,
      permissions.join(',')
    ])
  }

  async remove(name: string): Promise<void> {
    await this.#db.run('DELETE FROM users WHERE name = $1', [name])
  }
}
