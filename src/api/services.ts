import type { AlertService } from '../alert/service.ts'
import type { RootLogger } from '../core/logger.ts'
import type { TaskService } from '../tasks/service.ts'
import type { TemplateService } from '../tasks/templates.ts'
import type { WriteServices } from './endpoints/write.ts'

/** What endpoints work on; `server.ts` makes it. */
export interface Services extends WriteServices {
  readonly tasks: TaskService
  readonly templates: TemplateService
  readonly alerts: AlertService
  readonly log: RootLogger
}
