import type { Migration } from '../contract.ts'

/**
 * `notify_notes` is what filters remember until it expires: `version` tells the definition that noted it, times are
 * Unix milliseconds. The one row of `notify_finished` has the sequence of the last alert that a batch is done with.
 */
export const notifyState: Migration = {
  id: '008-notify-state',
  sql: `
    CREATE TABLE notify_notes (
      id VARCHAR NOT NULL,
      version VARCHAR NOT NULL,
      key VARCHAR NOT NULL,
      until BIGINT NOT NULL,
      count BIGINT NOT NULL
    );
    CREATE TABLE notify_finished (last BIGINT NOT NULL);
    INSERT INTO notify_finished VALUES (0);
  `
}
