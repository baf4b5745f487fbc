import type { Migration } from '../contract.ts'

/**
 * `alert_events` is a log with one row for every event and topic that took it in. It is at once the state of topics
 * (the last row of an id with `is_state`), the history, and, by `handlers`, what is to be delivered: so that one insert
 * makes all of that durable. What has come of a delivery is a row of `alert_deliveries`; what has none is pending.
 *
 * A sequence is the time when the event was taken in, in microseconds, made unique. `origin` is the sequence under
 * which it was first delivered: that of a dead letter that is delivered again is another one than its row's.
 * `handlers` is `,a,b,`, or empty; `rest` is JSON, as `alert/event-record.ts` writes it.
 */
export const alertLog: Migration = {
  id: '003-alert-log',
  sql: `
    CREATE TABLE alert_events (
      sequence BIGINT NOT NULL,
      origin BIGINT NOT NULL,
      is_state BOOLEAN NOT NULL,
      topic VARCHAR NOT NULL,
      id VARCHAR NOT NULL,
      level TINYINT NOT NULL,
      previous_level TINYINT NOT NULL,
      time BIGINT NOT NULL,
      duration BIGINT NOT NULL,
      message VARCHAR NOT NULL,
      details VARCHAR NOT NULL,
      data VARCHAR NOT NULL,
      rest VARCHAR NOT NULL,
      handlers VARCHAR NOT NULL
    );
    INSERT INTO alert_events
      SELECT sequence, sequence, true, topic, id, level, level, time, duration, message, details, '{"series":null}', '', ''
      FROM event_states ORDER BY sequence;
    DROP TABLE event_states;

    CREATE TABLE alert_deliveries (
      sequence BIGINT NOT NULL,
      origin BIGINT NOT NULL,
      handler VARCHAR NOT NULL,
      outcome VARCHAR NOT NULL,
      ended BIGINT NOT NULL,
      attempts BIGINT NOT NULL,
      error VARCHAR NOT NULL
    );

    CREATE TABLE dead_letters (
      letter BIGINT NOT NULL,
      handler VARCHAR NOT NULL,
      reason VARCHAR NOT NULL,
      attempts BIGINT NOT NULL,
      origin BIGINT NOT NULL,
      topic VARCHAR NOT NULL,
      id VARCHAR NOT NULL,
      level TINYINT NOT NULL,
      previous_level TINYINT NOT NULL,
      time BIGINT NOT NULL,
      duration BIGINT NOT NULL,
      message VARCHAR NOT NULL,
      details VARCHAR NOT NULL,
      data VARCHAR NOT NULL,
      rest VARCHAR NOT NULL
    );
  `
}
