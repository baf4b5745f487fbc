import type { HandlerKind } from '../../alert/handlers/handler.ts'
import email from './email.ts'
import exec from './exec.ts'
import { transportOfHandler } from './handler.ts'
import slack from './slack.ts'
import type { TransportKind } from './transport.ts'
import twilio from './twilio.ts'

const own: readonly TransportKind[] = [email, exec, slack, twilio]

/**
 * Every type of transport. To add one: a file and a line here. Handlers of topics are there by their own name, or as
 * `topic-NAME` where a transport of ours has that.
 */
export function transportKindsOf(handlers: readonly HandlerKind[]): readonly TransportKind[] {
  const names = new Set(own.map(({ type }) => type))
  return [
    ...own,
    ...handlers.map((kind) => transportOfHandler(kind, names.has(kind.kind) ? `topic-${kind.kind}` : kind.kind))
  ]
}
