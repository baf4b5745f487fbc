import { formatInstant } from '../../core/instant.ts'
import { wallClock } from '../../core/clock.ts'
import { outputOf, parseAlert } from '../../notify/alert-json.ts'
import { isZeroDate } from '../../notify/date.ts'
import type { App } from '../app.ts'
import { addNotifyEndpoint, type NotifyServices } from '../notify.ts'

/** The alerts that wait for the next batch. */
export function alertEndpoints(app: App, services: NotifyServices): void {
  const { notify } = services
  addNotifyEndpoint(app, services, {
    path: '/alerts',
    methods: {
      // Differs: an empty list where the original says null.
      GET: () => ({ json: notify.waiting.map(outputOf) }),
      async POST({ body, request }) {
        const alert = parseAlert(body)
        await notify.post({
          ...alert,
          date: isZeroDate(alert.date) ? formatInstant(wallClock.now()) : alert.date,
          host: alert.host === '' ? request.ip.replace(/^::ffff:/, '') : alert.host,
          routes: [],
          sub: []
        })
      }
    }
  })
}
