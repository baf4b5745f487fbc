import type { Json } from '../../core/json.ts'
import { formatInstant, instantOfNanos } from '../../core/instant.ts'
import { sortable } from '../../notify/alert-json.ts'
import { checkId } from '../../notify/configuration.ts'
import type { App } from '../app.ts'
import { addNotifyEndpoint, BadRequest, jsonOf, type NotifyCall, type NotifyServices } from '../notify.ts'
import { compareBytes } from '../../model/bytes.ts'
import { definitionOf } from './filters.ts'

/** Differs: what is wrong with a definition is a 400, where the original answers 500. */
export function routeEndpoints(app: App, services: NotifyServices): void {
  const { notify } = services
  const { configuration } = notify

  addNotifyEndpoint(app, services, {
    path: '/routes',
    // Differs: sorted, where the original's order changes from call to call.
    methods: { GET: () => ({ json: [...configuration.routes.keys()].sort(compareBytes) }) }
  })

  addNotifyEndpoint(app, services, {
    path: '/routes/*',
    thing: { kind: 'route', read: (id) => configuration.route(id).show() },
    check: (call) => checkId('route', idOf(call)),
    methods: {
      // Differs: secrets are masked; a masked one that is put back means the one that is there.
      GET(call) {
        const route = configuration.route(idOf(call))
        return { json: sortable(route.show()), revision: route.revision }
      },
      async PUT(call) {
        const json = jsonOf(call.body) ?? []
        if (!Array.isArray(json)) throw BadRequest('a route is a list of transports')
        const definitions = json.map((one: Json) => definitionOf(one, 'a transport'))
        call.warn(await configuration.putRoute(idOf(call), definitions, call.precondition))
      },
      DELETE: async (call) => call.warn(await configuration.removeRoute(idOf(call), call.precondition))
    }
  })
}

/** Messages that were given up: to be looked at, tried again or forgotten. */
export function deadLetterEndpoints(app: App, services: NotifyServices): void {
  const { notify } = services
  addNotifyEndpoint(app, services, {
    path: '/dead-letters',
    methods: {
      async GET() {
        const letters = await notify.deadLetters()
        return {
          json: letters.map(({ sequence, route, transport, payload, reason, died }) => ({
            id: String(sequence),
            ...{ route, transport, reason },
            time: formatInstant(instantOfNanos(died)),
            payload: sortable(JSON.parse(payload))
          }))
        }
      }
    }
  })
  addNotifyEndpoint(app, services, {
    path: '/dead-letters/*',
    thing: { kind: 'dead letter of a route' },
    check({ rest: [id = '', action] }) {
      if (!/^\d{1,18}$/.test(id)) throw BadRequest(`invalid dead letter id: ${id}`)
      if (action !== undefined && action !== 'retry') throw BadRequest(`no such dead letter action: ${action}`)
    },
    methods: {
      PUT: ({ rest: [id = ''] }) => notify.redeliver(BigInt(id)),
      DELETE: ({ rest: [id = ''] }) => notify.removeDeadLetter(BigInt(id))
    }
  })
}

/** What follows a further slash does not matter. */
function idOf({ rest: [id = ''] }: NotifyCall): string {
  return id
}
