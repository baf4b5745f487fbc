import { VERSION } from '../../core/version.ts'
import type { App } from '../app.ts'
import { ANY_SCOPE } from '../needs.ts'
import { addNotifyEndpoint, type NotifyServices } from '../notify.ts'

export function versionEndpoints(app: App, services: NotifyServices): void {
  addNotifyEndpoint(app, services, {
    path: '/version',
    needs: { GET: ANY_SCOPE },
    methods: { GET: () => ({ text: VERSION }) }
  })
}
