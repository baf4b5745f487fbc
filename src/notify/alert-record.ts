import { recordOfTopicEvent, topicEventOfRecord, type TopicEventRecord } from '../alert/event-record.ts'
import type { Alert } from './alert.ts'

/**
 * An alert as JSON, to be kept: in the journal of the pool, and in messages of handlers. Unlike the JSON of the API it
 * has the event that the alert was made of, which the alerts of its Sub have not.
 */
export function alertRecord(alert: Alert): string {
  const { source } = alert
  return JSON.stringify({ ...plainOf(alert), ...(source !== undefined && { source: recordOfTopicEvent(source) }) })
}

/** @param text May be of a version that kept no event. */
export function alertOfRecord(text: string): Alert {
  const { source, ...alert } = JSON.parse(text) as Omit<Alert, 'source'> & { readonly source?: TopicEventRecord }
  return { ...alert, ...(source !== undefined && { source: topicEventOfRecord(source) }) }
}

function plainOf({ from, date, host, title, message, routes, info, sub, stats }: Alert): Omit<Alert, 'source'> {
  return { from, date, host, title, message, routes, info, sub: sub.map(plainOf), stats }
}
