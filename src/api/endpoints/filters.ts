import { findMember, isJsonObject, type Json } from '../../core/json.ts'
import { alertsOf, plainJson, sortable } from '../../notify/alert-json.ts'
import { checkId } from '../../notify/configuration.ts'
import { isZeroDate, normalizeDate } from '../../notify/date.ts'
import type { PartDefinition } from '../../notify/params.ts'
import type { App } from '../app.ts'
import { arrived } from './alerts.ts'
import { addNotifyEndpoint, BadMethod, BadRequest, jsonOf, type NotifyCall, type NotifyServices } from '../notify.ts'

/** Differs: what is wrong with a definition is a 400, where the original answers 500. */
export function filterEndpoints(app: App, services: NotifyServices): void {
  const { notify } = services
  const { configuration } = notify

  addNotifyEndpoint(app, services, {
    path: '/filters',
    methods: {
      async GET() {
        await configuration.removeExpired()
        return { json: configuration.filters.list.map(({ id }) => id) }
      }
    }
  })

  addNotifyEndpoint(app, services, {
    path: '/filters/*',
    thing: { kind: 'filter', read: (id) => configuration.filter(id).show() },
    check: ({ rest: [id = ''] }) => checkId('filter', id),
    methods: {
      GET(call) {
        const filter = configuration.filter(only(call))
        return { json: sortable(filter.show()), revision: filter.revision }
      },
      PUT: async (call) => {
        const [id = '', ...action] = call.rest
        if (isAction(action)) await switchFilter(id, action.join('/'), call.body)
        else {
          const definition = definitionOf(jsonOf(call.body), 'a filter')
          call.warn(await configuration.putFilter(id, definition, call.precondition))
        }
      },
      DELETE: (call) => configuration.removeFilter(only(call), call.precondition),
      async POST({ rest, body, request }) {
        if (rest.join('/') !== 'test') throw BadMethod()
        const alerts = alertsIn(jsonOf(body)).map((alert) => arrived(alert, request))
        return { json: await notify.trial(alerts) }
      }
    }
  })

  async function switchFilter(id: string, action: string, body: string): Promise<void> {
    configuration.filter(id)
    switch (action) {
      case 'enable':
        return configuration.switchFilter(id, { disabled: false, inactive: '' })
      case 'disable':
        return configuration.switchFilter(id, { disabled: true })
      case 'inactivate':
        return configuration.switchFilter(id, { inactive: untilOf(jsonOf(body)) })
      default:
        throw BadRequest(`no such filter action: ${action}`)
    }
  }
}

/** The id of a path without an action. */
function only({ rest: [id = '', ...action] }: NotifyCall): string {
  if (isAction(action)) throw BadMethod()
  return id
}

/** `/filters/ID/` is `/filters/ID`. */
function isAction(rest: readonly string[]): boolean {
  return rest.length > 0 && rest.join('/') !== ''
}

/** One thing of some type, as clients define it. @param what `a filter`, `a transport`. Fails with NOTIFY_REQUEST. */
export function definitionOf(json: Json, what: string): PartDefinition {
  if (json !== null && !isJsonObject(json)) throw BadRequest(`${what} is an object with a type`)
  const type = isJsonObject(json) ? json.get('type') : undefined
  if (type === undefined) throw BadRequest('failed to get type: not found')
  if (typeof type !== 'string' && type !== null) throw BadRequest('failed to get type: bad type')
  const { id: _, inactive: __, ...definition } = plainJson(json) as Record<string, unknown>
  return definition
}

/** Until when a filter is off, normalised; '' for not at all. */
function untilOf(json: Json): string {
  if (json !== null && !isJsonObject(json)) throw BadRequest('not an object with until')
  const until = (json === null ? null : findMember(json, 'until')) ?? null
  if (until === null) return ''
  const date = typeof until === 'string' ? normalizeDate(until) : undefined
  if (date === undefined) throw BadRequest('until is not an RFC 3339 time')
  return isZeroDate(date) ? '' : date
}

/** A list, or an object with one as `alerts`. */
function alertsIn(json: Json) {
  return alertsOf(isJsonObject(json) ? findMember(json, 'alerts') : json)
}
