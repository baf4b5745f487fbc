import type { Migration } from '../contract.ts'

/**
 * `notify_alerts` holds what no batch has been through yet, `notify_messages` what routes have still to deliver: a
 * batch moves the one to the other in a single transaction. Definitions, alerts and payloads are JSON.
 */
export const notify: Migration = {
  id: '004-notify',
  sql: `
    CREATE TABLE notify_alerts (sequence BIGINT NOT NULL, alert VARCHAR NOT NULL);
    CREATE TABLE notify_messages (
      sequence BIGINT NOT NULL,
      route VARCHAR NOT NULL,
      transport VARCHAR NOT NULL,
      payload VARCHAR NOT NULL
    );
    CREATE TABLE notify_dead_letters (
      sequence BIGINT NOT NULL,
      route VARCHAR NOT NULL,
      transport VARCHAR NOT NULL,
      payload VARCHAR NOT NULL,
      reason VARCHAR NOT NULL,
      died BIGINT NOT NULL
    );
    CREATE TABLE notify_filters (id VARCHAR PRIMARY KEY, position BIGINT NOT NULL, definition VARCHAR NOT NULL);
    CREATE TABLE notify_switches (id VARCHAR PRIMARY KEY, disabled BOOLEAN NOT NULL, inactive VARCHAR NOT NULL);
    CREATE TABLE notify_routes (id VARCHAR PRIMARY KEY, definition VARCHAR NOT NULL);
  `
}
