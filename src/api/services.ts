import type { Registry } from 'prom-client'
import type { AlertService } from '../alert/service.ts'
import type { Audit } from '../auth/audit.ts'
import type { Users } from '../auth/users.ts'
import type { RootLogger } from '../core/logger.ts'
import type { GoMemory } from '../core/go-memory.ts'
import type { ServerInfo } from '../graph/ports.ts'
import type { Backtests } from '../recordings/backtest.ts'
import type { ReplayService } from '../recordings/replays.ts'
import type { Database } from '../store/db.ts'
import type { TaskService } from '../tasks/service.ts'
import type { Statistic } from '../tasks/statistics.ts'
import type { TemplateService } from '../tasks/templates.ts'
import type { RecordingFileServices } from './endpoints/recording-files.ts'
import type { ConfigServices } from './endpoints/config.ts'
import type { TestServices } from './endpoints/service-tests.ts'
import type { ConfigStatusServices } from './endpoints/config-status.ts'
import type { TokenServices } from './endpoints/tokens.ts'
import type { WriteServices } from './endpoints/write.ts'

/** What endpoints work on; `server.ts` makes it. */
export interface Services
  extends WriteServices, ConfigStatusServices, ConfigServices, TestServices, TokenServices, RecordingFileServices {
  readonly users: Users
  readonly audit: Audit
  readonly tasks: TaskService
  readonly templates: TemplateService
  readonly replays: ReplayService
  readonly backtests: Backtests
  readonly alerts: AlertService
  readonly log: RootLogger
  readonly server: ServerInfo
  /** Subscriptions at InfluxDB clusters. */
  readonly subscriptions: { readonly count: number; refresh(): Promise<void> }
  readonly db: Database
  /** What the server tells of itself beside tasks. */
  readonly statistics: () => Promise<readonly Statistic[]>
  readonly memory: () => GoMemory
  readonly metrics: Registry
  /** Lets running nodes read their sources anew. */
  readonly reload: () => Promise<void>
}
