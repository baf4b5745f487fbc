import type { App } from '../app.ts'
import type { Services } from '../services.ts'
import { logLevelEndpoints } from './loglevel.ts'
import { pingEndpoints } from './ping.ts'
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
  logLevelEndpoints
]
