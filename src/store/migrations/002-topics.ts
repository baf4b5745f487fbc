import type { Migration } from '../contract.ts'

/**
 * `event_states` is a log: every event appends a row, the one with the highest sequence is the state of its id. An
 * insert costs half of what an upsert does here; `TopicStore.compact` takes out what is no longer true.
 * Times and durations are nanoseconds, options JSON.
 */
export const topics: Migration = {
  id: '002-topics',
  sql: `
    CREATE TABLE event_states (
      sequence BIGINT NOT NULL,
      topic VARCHAR NOT NULL,
      id VARCHAR NOT NULL,
      level TINYINT NOT NULL,
      time BIGINT NOT NULL,
      duration BIGINT NOT NULL,
      message VARCHAR NOT NULL,
      details VARCHAR NOT NULL
    );
    CREATE TABLE topic_handlers (
      topic VARCHAR NOT NULL,
      id VARCHAR NOT NULL,
      kind VARCHAR NOT NULL,
      options VARCHAR NOT NULL,
      match VARCHAR NOT NULL,
      PRIMARY KEY (topic, id)
    );
  `
}
