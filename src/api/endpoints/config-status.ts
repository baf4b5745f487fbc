import { plainJson } from '../../notify/alert-json.ts'
import type { ConfigurationChanges, StaticFilterDefinition, StaticRouteDefinition } from '../../notify/changes.ts'
import type { LoadStatus } from '../../load/load-directory.ts'
import type { FilesStatus } from '../../notify/files/notify-files.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { App } from '../app.ts'
import { addNotifyEndpoint, BadRequest, jsonOf, type NotifyServices } from '../notify.ts'

export interface ConfigStatusServices extends NotifyServices {
  readonly notifyFiles: { readonly status: FilesStatus }
  /** Status of the load directory, where there is one. */
  readonly loadStatus?: () => LoadStatus | undefined
}

/** How files stand, what of clients could not be made, which routes are missing; and what another set of them would change. */
export function configStatusEndpoints(app: App, services: ConfigStatusServices): void {
  const { notify, notifyFiles, loadStatus } = services

  addNotifyEndpoint(app, services, {
    path: '/config/status',
    methods: {
      GET() {
        const { unopened, missingRoutes } = notify.configuration
        const files = notifyFiles.status
        const load = loadStatus?.() ?? null
        const ok = files.ok && unopened.length === 0 && (load === null || load.problems.length === 0)
        return { json: { ...files, ok, failures: unopened, missingRoutes, load } as unknown as JsonOutput }
      }
    }
  })

  addNotifyEndpoint(app, services, {
    path: '/config/plan',
    methods: {
      async POST({ body }) {
        const { filters, routes } = setOf(plainJson(jsonOf(body)))
        const changes: ConfigurationChanges = await notify.configuration.tryStatic(filters, routes, {
          isPlan: true
        })
        return { json: changes as unknown as JsonOutput }
      }
    }
  })
}

interface FileSet {
  readonly filters: readonly StaticFilterDefinition[]
  readonly routes: readonly StaticRouteDefinition[]
}

/** `{ filters: [{ id, definition }], routes: … }`. Fails with NOTIFY_REQUEST. */
function setOf(value: unknown): FileSet {
  if (!isObject(value) || !isList(value.filters, isObject) || !isList(value.routes, isListOfObjects)) {
    throw BadRequest('not a set of filters and routes')
  }
  return value as unknown as FileSet
}

function isList(value: unknown, isDefinition: (definition: unknown) => boolean): boolean {
  return (
    Array.isArray(value) &&
    value.every((one) => isObject(one) && typeof one.id === 'string' && isDefinition(one.definition))
  )
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
