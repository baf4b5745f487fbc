import { t } from '../../graph/spec.ts'

/** Properties of nodes that run queries: when they do. */
export const scheduleProperties = {
  every: t.duration('Time between two runs.').default(0n),
  cron: t.string('Schedule instead of every: minute, hour, day, month, weekday; with a year, and seconds.').default(''),
  timezone: t.string('Time zone of cron, as in Europe/Berlin; empty: the configured one.').default(''),
  align: t.flag('Puts the runs on multiples of every.')
}
