import { CollectedEvent } from '../../alert/handlers/collected-event.ts'
import type { HandlerDeps, HandlerKind } from '../../alert/handlers/handler.ts'
import { AppError } from '../../core/errors.ts'
import { nanosOf } from '../../core/instant.ts'
import { maskOptions } from '../../core/secrecy.ts'
import { type AlertEvent, type Level, LEVELS } from '../../model/event.ts'
import type { Alert } from '../alert.ts'
import { alertJson } from '../alert-json.ts'
import { instantOfDate } from '../date.ts'
import { InvalidDefinition } from '../params.ts'
import type { TransportKind } from './transport.ts'

/**
 * A handler of topics as a transport: the same implementation delivers alerts of routes. An alert that came from a
 * topic (Info has id, level, tags …) is the event that it was; any other is a critical event with its title as id.
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
        render: (alerts) => Promise.resolve(alerts.map((alert) => JSON.stringify(alert))),
        async send(payload, attempt) {
          const event = new CollectedEvent(eventOf(JSON.parse(payload) as Alert), ROUTES, 0, [])
          if ('receive' in handler) handler.receive(event)
          else await handler.send(event, attempt)
        },
        ...(handler.close !== undefined && { close: () => handler.close?.() })
      })
    }
  }
}

/** What is wrong with the options is a client's mistake. */
function openHandler(kind: HandlerKind, options: unknown, deps: HandlerDeps): ReturnType<HandlerKind['open']> {
  try {
    return kind.open(options, deps)
  } catch (error) {
    throw error instanceof AppError ? InvalidDefinition(`${kind.kind}: ${error.message}`) : error
  }
}

/** What stands for a topic: these events are in none. */
const ROUTES = 'routes'

function eventOf(alert: Alert): AlertEvent {
  const { info, title, message, host, from, date } = alert
  const id = textMember(info, 'id')
  return {
    topics: [],
    id: id === '' ? title : id,
    message: title,
    details: message,
    timeNs: nanosOf(instantOfDate(date)),
    durationNs: BigInt(Math.trunc(typeof info.duration === 'number' ? info.duration : 0)),
    level: levelOf(info.level),
    recoverable: true,
    dataJson: alertJson(alert),
    taskName: from,
    name: textMember(info, 'name'),
    group: '',
    category: '',
    tags: { ...(host !== '' && { host }), ...textsOf(info.tags) },
    fields: fieldsOf(info.fields)
  }
}

/** Critical where it says none. */
function levelOf(name: unknown): Level {
  const level = LEVELS.findIndex((one) => one === name)
  return (level < 0 ? LEVELS.length - 1 : level) as Level
}

function textMember(info: Alert['info'], name: string): string {
  const value = info[name]
  return typeof value === 'string' ? value : ''
}

function membersOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    membersOf(value).filter((member): member is [string, string] => typeof member[1] === 'string')
  )
}

function fieldsOf(value: unknown): AlertEvent['fields'] {
  const fields: Record<string, AlertEvent['fields'][string]> = {}
  for (const [name, member] of membersOf(value)) {
    if (typeof member === 'number') fields[name] = { type: 'float', value: member }
    else if (typeof member === 'string') fields[name] = { type: 'string', value: member }
    else if (typeof member === 'boolean') fields[name] = { type: 'boolean', value: member }
  }
  return fields
}
