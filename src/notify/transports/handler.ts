import { TopicEvent } from '../../alert/handlers/topic-event.ts'
import type { HandlerDeps, HandlerKind } from '../../alert/handlers/handler.ts'
import { AppError } from '../../core/errors.ts'
import { secretsOfOptions } from '../../core/secret-values.ts'
import { maskOptions } from '../../core/secrecy.ts'
import type { Alert } from '../alert.ts'
import { alertJson } from '../alert-json.ts'
import { alertOfRecord, alertRecord } from '../alert-record.ts'
import { eventOfAlert } from '../event-alert.ts'
import { InvalidDefinition } from '../params.ts'
import type { TransportKind } from './transport.ts'

/**
 * A handler of topics as a transport: the same implementation delivers alerts of routes, as the events that they are
 * (see `eventOfAlert`). Those that go on to a topic keep their data; receivers outside get the alert, with its Sub, there.
 */
export function transportOfHandler(kind: HandlerKind, type: string): TransportKind {
  return {
    type,
    summary: `The handler ${kind.kind} of topics.`,
    params: undefined,
    secrecies: kind.secrecies,
    open(definition, { handler: deps }) {
      const options = Object.fromEntries(
        Object.entries(definition).filter(([name]) => name !== 'type' && name !== 'label')
      )
      const handler = openHandler(kind, options, deps)
      return Promise.resolve({
        fingerprint: JSON.stringify(definition),
        shown: maskOptions(kind.secrecies, definition),
        secrets: secretsOfOptions(kind.secrecies, definition),
        render: (alerts) => Promise.resolve(alerts.map(alertRecord)),
        async send(payload, attempt) {
          const alert = alertOfRecord(payload)
          const topicEvent = eventOfAlert(alert)
          if ('receive' in handler) handler.receive(topicEvent)
          else await handler.send(withAlertAsData(topicEvent, alert), attempt)
        },
        ...(handler.close !== undefined && { close: () => handler.close?.() })
      })
    }
  }
}

/** What is wrong with the options is a client's problem. */
function openHandler(kind: HandlerKind, options: unknown, deps: HandlerDeps): ReturnType<HandlerKind['open']> {
  try {
    return kind.open(options, deps)
  } catch (error) {
    throw error instanceof AppError ? InvalidDefinition(`${kind.kind}: ${error.message}`) : error
  }
}

function withAlertAsData({ event, topic, previousLevel, path }: TopicEvent, alert: Alert): TopicEvent {
  return new TopicEvent({ ...event, dataJson: alertJson(alert) }, topic, previousLevel, path)
}
