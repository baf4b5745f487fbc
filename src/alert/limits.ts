import type { MailboxLimits } from './mailbox.ts'

/** Everything of alerts that has a bound. */
export interface AlertLimits {
  readonly mailbox: MailboxLimits
  /** Dead letters that are kept, and how long. */
  readonly deadLetters: number
  readonly deadLetterMs: number
  /** Transitions that are kept as history, and how long. */
  readonly historyRows: number
  readonly historyMs: number
}

const HOUR_MS = 3_600_000

export const ALERT_LIMITS: AlertLimits = {
  mailbox: {
    queue: 5000,
    entries: 1_000_000,
    attempts: 20,
    patienceMs: 24 * HOUR_MS,
    attemptMs: 60_000,
    retryMinMs: 1000,
    retryMaxMs: 60_000
  },
  deadLetters: 10_000,
  deadLetterMs: 168 * HOUR_MS,
  historyRows: 1_000_000,
  historyMs: 720 * HOUR_MS
}

/** `[alert]` of the configuration; durations are nanoseconds. */
export interface AlertSection {
  readonly 'topic-buffer-length': number
  readonly 'outbox-max-entries': number
  readonly 'outbox-max-age': bigint
  readonly 'outbox-attempts': number
  readonly 'attempt-timeout': bigint
  readonly 'retry-min': bigint
  readonly 'retry-max': bigint
  readonly 'dead-letters-max': number
  readonly 'dead-letters-retention': bigint
  readonly 'history-max-rows': number
  readonly 'history-retention': bigint
}

export function alertLimitsOf(section: AlertSection): AlertLimits {
  return {
    mailbox: {
      queue: section['topic-buffer-length'],
      entries: section['outbox-max-entries'],
      attempts: section['outbox-attempts'],
      patienceMs: msOf(section['outbox-max-age']),
      attemptMs: msOf(section['attempt-timeout']),
      retryMinMs: msOf(section['retry-min']),
      retryMaxMs: msOf(section['retry-max'])
    },
    deadLetters: section['dead-letters-max'],
    deadLetterMs: msOf(section['dead-letters-retention']),
    historyRows: section['history-max-rows'],
    historyMs: msOf(section['history-retention'])
  }
}

function msOf(durationNs: bigint): number {
  return Number(durationNs) / 1e6
}
