import { defineError } from '../core/errors.ts'
import { quote } from '../core/print.ts'

/** Kapacitor's words: clients match on them. */
const ID_RULE = "ID must contain only letters, numbers, '-', '.' and '_'."

export const InvalidTaskId = defineError('TASK_ID_INVALID', 400, (id: string) => `task ${ID_RULE} ${quote(id)}`)
export const TaskExists = defineError('TASK_EXISTS', 400, (id: string) => `task ${id} already exists`)
export const TaskNotFound = defineError('TASK_NOT_FOUND', 404, () => 'no task exists')
export const TaskNotUpdatable = defineError('TASK_NOT_UPDATABLE', 404, () => 'task does not exist, cannot update')
export const TaskRenameClash = defineError(
  'TASK_RENAME_CLASH',
  500,
  () => 'failed to create new task during ID change: object already exists'
)
export const ScriptMissing = defineError('SCRIPT_MISSING', 400, () => 'must provide TICKscript')
export const ScriptInvalid = defineError('SCRIPT_INVALID', 400, (reason: string) => `invalid TICKscript: ${reason}`)
export const ScriptTypeInvalid = defineError('SCRIPT_TYPE_INVALID', 400, () => 'invalid task type: invalid')
export const VarInvalid = defineError('VAR_INVALID', 400, (reason: string) => reason)
export const DbrpMissing = defineError('DBRP_MISSING', 400, () => 'must specify dbrp')
export const DbrpGivenTwice = defineError(
  'DBRP_GIVEN_TWICE',
  400,
  (isUpdate: boolean) => `cannot specify dbrp in ${isUpdate ? '' : 'both '}implicitly and explicitly`
)
export const DbrpLost = defineError('DBRP_LOST', 500, () => 'task does contain any dbrps') // [sic]
export const TaskStartFailed = defineError('TASK_START_FAILED', 500, (reason: string) => reason)

export const InvalidTemplateId = defineError(
  'TEMPLATE_ID_INVALID',
  400,
  (id: string) => `template ${ID_RULE} ${quote(id)}`
)
export const TemplateExists = defineError('TEMPLATE_EXISTS', 400, (id: string) => `template ${id} already exists`)
export const TemplateNotFound = defineError('TEMPLATE_NOT_FOUND', 404, () => 'no template exists')
export const TemplateNotUpdatable = defineError(
  'TEMPLATE_NOT_UPDATABLE',
  404,
  () => 'template does not exist, cannot update'
)
export const TemplateRenameClash = defineError(
  'TEMPLATE_RENAME_CLASH',
  500,
  () => 'failed to create new template for ID change: template already exists'
)
export const TemplateUnknown = defineError(
  'TEMPLATE_UNKNOWN',
  400,
  (id: string) => `unknown template ${id}: err: no template exists`
)
export const TemplateReloadFailed = defineError(
  'TEMPLATE_RELOAD_FAILED',
  500,
  (taskId: string, reason: string) => `error reloading associated task ${taskId}: ${reason}`
)

/** Ids of tasks, templates, recordings and replays. */
export function isId(id: string): boolean {
  return /^[-._\p{L}0-9]+$/u.test(id)
}
