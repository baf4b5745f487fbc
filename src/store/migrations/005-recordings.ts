import type { Migration } from '../contract.ts'

/** Times are nanoseconds since 1970. What was recorded is a file of its own. `stats` is JSON. */
export const recordings: Migration = {
  id: '005-recordings',
  sql: `
    CREATE TABLE recordings (
      id VARCHAR PRIMARY KEY,
      type VARCHAR NOT NULL,
      size BIGINT NOT NULL,
      date BIGINT NOT NULL,
      error VARCHAR NOT NULL,
      status VARCHAR NOT NULL,
      progress DOUBLE NOT NULL
    );
    CREATE TABLE replays (
      id VARCHAR PRIMARY KEY,
      recording VARCHAR NOT NULL,
      task VARCHAR NOT NULL,
      recording_time BOOLEAN NOT NULL,
      clock VARCHAR NOT NULL,
      date BIGINT NOT NULL,
      error VARCHAR NOT NULL,
      status VARCHAR NOT NULL,
      progress DOUBLE NOT NULL,
      stats VARCHAR NOT NULL
    );
  `
}
