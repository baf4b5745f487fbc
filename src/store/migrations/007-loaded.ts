import type { Migration } from '../contract.ts'

/** What files of the load directory have made: `kind` is templates, tasks or handlers, `hash` that of the file. */
export const loaded: Migration = {
  id: '007-loaded',
  sql: `
    CREATE TABLE loaded (
      kind VARCHAR NOT NULL,
      id VARCHAR NOT NULL,
      hash VARCHAR NOT NULL,
      PRIMARY KEY (kind, id)
    );
  `
}
