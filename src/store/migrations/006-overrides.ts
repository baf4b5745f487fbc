import type { Migration } from '../contract.ts'

/** Options of the configuration that clients have set; `options` is JSON, `element` '' for a section that is no list. */
export const overrides: Migration = {
  id: '006-overrides',
  sql: `
    CREATE TABLE config_overrides (
      section VARCHAR NOT NULL,
      element VARCHAR NOT NULL,
      options VARCHAR NOT NULL,
      is_new BOOLEAN NOT NULL,
      PRIMARY KEY (section, element)
    );
  `
}
