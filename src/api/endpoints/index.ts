import type { App } from '../app.ts'
import type { Services } from '../services.ts'
import { configEndpoints } from './config.ts'
import { debugVarsEndpoints } from './debug-vars.ts'
import { logLevelEndpoints } from './loglevel.ts'
import { logEndpoints } from './logs.ts'
import { metricsEndpoints } from './metrics.ts'
import { pingEndpoints } from './ping.ts'
import { sideloadEndpoints } from './sideload.ts'
import { storageEndpoints } from './storage.ts'
import { subscriptionEndpoints } from './subscriptions.ts'
import { taskEndpoints } from './tasks.ts'
import { templateEndpoints } from './templates.ts'
import { topicEndpoints } from './topics.ts'
import { writeEndpoints } from './write.ts'

/** One function a resource, which adds its routes. */
export const endpoints: readonly ((app: App, services: Services) => void)[] = [
  pingEndpoints,
  writeEndpoints,
  taskEndpoints,
  templateEndpoints,
  topicEndpoints,
  configEndpoints,
  storageEndpoints,
  sideloadEndpoints,
  subscriptionEndpoints,
  logLevelEndpoints,
  logEndpoints,
  debugVarsEndpoints,
  metricsEndpoints
]
