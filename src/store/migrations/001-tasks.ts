import type { Migration } from '../contract.ts'

/** Times are nanoseconds since 1970, exact. dbrps and vars are JSON. */
export const tasks: Migration = {
  id: '001-tasks',
  sql: `
    CREATE TABLE tasks (
      id VARCHAR PRIMARY KEY,
      template_id VARCHAR NOT NULL,
      type VARCHAR NOT NULL,
      script VARCHAR NOT NULL,
      dbrps VARCHAR NOT NULL,
      vars VARCHAR NOT NULL,
      status VARCHAR NOT NULL,
      error VARCHAR NOT NULL,
      created BIGINT NOT NULL,
      modified BIGINT NOT NULL,
      last_enabled BIGINT
    );
    CREATE TABLE templates (
      id VARCHAR PRIMARY KEY,
      type VARCHAR NOT NULL,
      script VARCHAR NOT NULL,
      error VARCHAR NOT NULL,
      created BIGINT NOT NULL,
      modified BIGINT NOT NULL
    );
  `
}
