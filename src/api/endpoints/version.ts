import { VERSION } from '../../core/version.ts'
import type { App } from '../app.ts'
import { addNotifyEndpoint, type NotifyServices } from '../notify.ts'

export function versionEndpoints(app: App, services: NotifyServices): void {
  addNotifyEndpoint(app, services, {
    path: '/version',
    isOpen: true,
    methods: { GET: () => ({ text: VERSION }) }
  })
}
