import type { FastifyRequest } from 'fastify'
import { formatInstant } from '../../core/instant.ts'
import { wallClock } from '../../core/clock.ts'
import type { Alert } from '../../notify/alert.ts'
import { outputOf, parseAlert } from '../../notify/alert-json.ts'
import { isZeroDate } from '../../notify/date.ts'
import type { App } from '../app.ts'
import { addNotifyEndpoint, type NotifyServices } from '../notify.ts'

/** The alerts that wait for the next batch. */
export function alertEndpoints(app: App, services: NotifyServices): void {
  const { notify } = services
  addNotifyEndpoint(app, services, {
    path: '/alerts',
    needs: { POST: ['notify:post'] },
    methods: {
      // Differs: an empty list where the original says null.
      GET: () => ({ json: notify.waiting.map(outputOf) }),
      async POST({ body, request, warn }) {
        const alert = parseAlert(body)
        await notify.post(arrived(alert, request))
        if (alert.routes.length > 0) warn(['Routes of a posted alert are left out: filters choose its routes'])
      }
    }
  })
}

/** An alert as it enters the pool when a client posts it: of now and of that client where it says nothing else. */
export function arrived(alert: Alert, { ip }: FastifyRequest): Alert {
  return {
    ...alert,
    date: isZeroDate(alert.date) ? formatInstant(wallClock.now()) : alert.date,
    host: alert.host === '' ? ip.replace(/^::ffff:/, '') : alert.host,
    routes: [],
    sub: []
  }
}
