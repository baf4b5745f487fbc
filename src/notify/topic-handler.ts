import { defineHandler, type HandlerKind } from '../alert/handlers/handler.ts'
import type { Alert } from './alert.ts'
import { alertOfEvent } from './bridge.ts'

/** The handler `kkok` of topics: its events enter the pool. @param post Resolves once the alert is in the journal. */
export function poolHandler(post: (alert: Alert) => Promise<void>): HandlerKind {
  return defineHandler({
    kind: 'kkok',
    goType: '*kkok.HandlerConfig',
    options: {},
    open: () => ({ send: (event) => post(alertOfEvent(event)) })
  })
}
