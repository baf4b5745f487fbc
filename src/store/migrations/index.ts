import type { Migration } from '../contract.ts'
import { tasks } from './001-tasks.ts'
import { topics } from './002-topics.ts'
import { alertLog } from './003-alert-log.ts'
import { notify } from './004-notify.ts'
import { recordings } from './005-recordings.ts'
import { overrides } from './006-overrides.ts'
import { loaded } from './007-loaded.ts'
import { notifyState } from './008-notify-state.ts'
import { auth } from './010-auth.ts'
import { audit } from './011-audit.ts'

/** Migrations in the order in which they are applied; to add one, add a file and a line here. */
export const migrations: readonly Migration[] = [
  tasks,
  topics,
  alertLog,
  notify,
  recordings,
  overrides,
  loaded,
  notifyState,
  auth,
  audit
]
