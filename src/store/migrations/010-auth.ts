import type { Migration } from '../contract.ts'

/**
 * `users.permissions` are words with commas between them, `tokens.scopes` a list in JSON. Passwords are scrypt hashes; of a token
 * only the SHA-256 of its secret is kept. Times are Unix milliseconds; NULL is never.
 */
export const auth: Migration = {
  id: '010-auth',
  sql: `
    CREATE TABLE users (
      name VARCHAR PRIMARY KEY,
      hash VARCHAR NOT NULL,
      type VARCHAR NOT NULL,
      permissions VARCHAR NOT NULL
    );
    CREATE TABLE tokens (
      id VARCHAR PRIMARY KEY,
      name VARCHAR NOT NULL,
      digest VARCHAR NOT NULL,
      scopes VARCHAR NOT NULL,
      owner VARCHAR NOT NULL,
      created BIGINT NOT NULL,
      expires BIGINT,
      last_used BIGINT
    );
  `
}
