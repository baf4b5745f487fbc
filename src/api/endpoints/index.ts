import type { App } from '../app.ts'
import type { NotifyServices } from '../notify.ts'
import type { Services } from '../services.ts'
import { alertEndpoints } from './alerts.ts'
import { auditEndpoints } from './audit.ts'
import { backtestEndpoints } from './backtests.ts'
import { configEndpoints } from './config.ts'
import { configStatusEndpoints } from './config-status.ts'
import { debugVarsEndpoints } from './debug-vars.ts'
import { filterEndpoints } from './filters.ts'
import { historyEndpoints } from './history.ts'
import { logLevelEndpoints } from './loglevel.ts'
import { logEndpoints } from './logs.ts'
import { metricsEndpoints } from './metrics.ts'
import { outboxEndpoints } from './outbox.ts'
import { pingEndpoints } from './ping.ts'
import { recordingFileEndpoints } from './recording-files.ts'
import { recordingEndpoints } from './recordings.ts'
import { replayScanEndpoints } from './replay-scans.ts'
import { replayEndpoints } from './replays.ts'
import { deadLetterEndpoints, routeEndpoints } from './routes.ts'
import { sideloadEndpoints } from './sideload.ts'
import { serviceTestEndpoints } from './service-tests.ts'
import { storageEndpoints } from './storage.ts'
import { subscriptionEndpoints } from './subscriptions.ts'
import { taskEndpoints } from './tasks.ts'
import { templateEndpoints } from './templates.ts'
import { tokenEndpoints } from './tokens.ts'
import { topicEndpoints } from './topics.ts'
import { userEndpoints } from './users.ts'
import { versionEndpoints } from './version.ts'
import { writeEndpoints } from './write.ts'

/** Endpoints of alerts, filters and routes, which may have a port of their own. */
export const notifyEndpoints: readonly ((app: App, services: NotifyServices) => void)[] = [
  versionEndpoints,
  alertEndpoints,
  filterEndpoints,
  routeEndpoints,
  deadLetterEndpoints
]

/** One function a resource, which adds its routes. */
export const endpoints: readonly ((app: App, services: Services) => void)[] = [
  pingEndpoints,
  writeEndpoints,
  taskEndpoints,
  templateEndpoints,
  recordingEndpoints,
  recordingFileEndpoints,
  replayEndpoints,
  replayScanEndpoints,
  backtestEndpoints,
  topicEndpoints,
  outboxEndpoints,
  historyEndpoints,
  serviceTestEndpoints,
  configEndpoints,
  configStatusEndpoints,
  userEndpoints,
  tokenEndpoints,
  auditEndpoints,
  storageEndpoints,
  sideloadEndpoints,
  subscriptionEndpoints,
  logLevelEndpoints,
  logEndpoints,
  debugVarsEndpoints,
  metricsEndpoints,
  ...notifyEndpoints
]
