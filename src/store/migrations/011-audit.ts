import type { Migration } from '../contract.ts'

/** One row a change: `time` is Unix milliseconds, `changes` a JSON list of members with their value before and after. */
export const audit: Migration = {
  id: '011-audit',
  sql: `
    CREATE TABLE audit (
      sequence BIGINT PRIMARY KEY,
      time BIGINT NOT NULL,
      actor VARCHAR NOT NULL,
      address VARCHAR NOT NULL,
      action VARCHAR NOT NULL,
      kind VARCHAR NOT NULL,
      id VARCHAR NOT NULL,
      changes VARCHAR NOT NULL
    );
  `
}
