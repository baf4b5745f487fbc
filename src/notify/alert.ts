import type { TopicEvent } from '../alert/handlers/topic-event.ts'
import { type AlertView } from './expression.ts'

/**
 * An alert of the pool: From, Date, Host … of the API. Never changed once it is made, so filters, queues and views
 * share it; a filter that edits one puts another in its place.
 */
export interface Alert {
  readonly from: string
  /** Normalised, see `date.ts`. */
  readonly date: string
  readonly host: string
  readonly title: string
  readonly message: string
  /** Ids of the routes that it will go to. */
  readonly routes: readonly string[]
  /** JSON values. */
  readonly info: Readonly<Record<string, unknown>>
  /** The alerts that a merged one is made of. */
  readonly sub: readonly Alert[]
  /** Numbers that filters tell each other, within one batch. */
  readonly stats: Readonly<Record<string, number>>
  /** The event of a topic that it was made of, as it was: no filter changes it. */
  readonly source?: TopicEvent
}

export const FROM_MAX_BYTES = 100
export const TITLE_MAX_BYTES = 250

/** Where in `info` filters that failed are noted: a list of texts. */
export const FILTER_ERRORS = 'FilterErrors'

/** What is wrong with it, the first thing in kkok's order and words; undefined where it may enter. */
export function findProblem({ from, title }: Pick<Alert, 'from' | 'title'>): string | undefined {
  return findLineProblem('From', from, FROM_MAX_BYTES) ?? findLineProblem('Title', title, TITLE_MAX_BYTES)
}

function findLineProblem(name: string, text: string, maxBytes: number): string | undefined {
  if (text === '') return `empty ${name}`
  if (Buffer.byteLength(text) > maxBytes) return `too long ${name}`
  return text.includes('\n') ? `multi-line ${name}` : undefined
}

/** The alert with a note of a filter's failure. */
export function withFilterError(alert: Alert, error: string): Alert {
  const before = alert.info[FILTER_ERRORS]
  const errors = [...(Array.isArray(before) ? (before as unknown[]) : []), error]
  return { ...alert, info: { ...alert.info, [FILTER_ERRORS]: errors } }
}

const views = new WeakMap<Alert, AlertView>()

/** What programs and templates see of it. Shared: not to be changed. */
export function viewOf(alert: Alert): AlertView {
  let view = views.get(alert)
  if (view === undefined) {
    view = {
      From: alert.from,
      Date: alert.date,
      Host: alert.host,
      Title: alert.title,
      Message: alert.message,
      Routes: alert.routes,
      Info: alert.info,
      Stats: alert.stats,
      Sub: alert.sub.map(viewOf)
    }
    views.set(alert, view)
  }
  return view
}
