import type { Migration } from '../db.ts'

/** What filters remember, until it expires: `version` tells the definition that noted it, times are Unix milliseconds. */
export const notifyNotes: Migration = {
  id: '008-notify-notes',
  sql: `
    CREATE TABLE notify_notes (
      id VARCHAR NOT NULL,
      version VARCHAR NOT NULL,
      key VARCHAR NOT NULL,
      until BIGINT NOT NULL,
      count BIGINT NOT NULL
    );
  `
}
