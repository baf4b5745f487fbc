import { defineError } from '../core/errors.ts'
import { quote } from '../core/print.ts'

/** Kapacitor's words: clients match on them. */
const ID_RULE = "ID must contain only letters, numbers, '-', '.' and '_'."
const ID_PATTERN = 'ID must match ^[-\\._\\p{L}0-9]+$'

export const InvalidRecordingId = defineError(
  'RECORDING_ID_INVALID',
  400,
  (id: string) => `recording ${ID_RULE} ${quote(id)}`
)
export const RecordingExists = defineError('RECORDING_EXISTS', 500, () => 'recording already exists')
export const RecordingNotFound = defineError(
  'RECORDING_NOT_FOUND',
  500,
  () => 'error finding recording: no recording exists'
)
export const RecordingRuns = defineError('RECORDING_RUNS', 409, (id: string) => `recording ${id} is still running`)

/** @param what A recording or replay with its id. */
export const StillEnding = defineError(
  'STILL_ENDING',
  503,
  (what: string) => `${what} has been told to end and is still at work; delete it again when it has ended`
)

export const InvalidReplayId = defineError('REPLAY_ID_INVALID', 400, (id: string) => `replay ${ID_RULE} ${quote(id)}`)
/** @param what `replay`, or `recording` where a query is replayed. */
export const UnmatchedReplayId = defineError(
  'REPLAY_ID_UNMATCHED',
  400,
  (what: string, id: string) => `${what} ${ID_PATTERN} ${quote(id)}`
)
export const ReplayExists = defineError('REPLAY_EXISTS', 500, () => 'replay already exists')
export const ReplayNotFound = defineError('REPLAY_NOT_FOUND', 404, () => 'could not find replay: no replay exists')
export const ReplayTaskNotFound = defineError('REPLAY_TASK_NOT_FOUND', 404, () => 'task load: no task exists')
export const ReplayRecordingNotFound = defineError(
  'REPLAY_RECORDING_NOT_FOUND',
  404,
  () => 'recording not found: no recording exists'
)
export const ReplayNeedsBatchTask = defineError(
  'REPLAY_NEEDS_BATCH_TASK',
  400,
  (task: string) => `cannot replay batch against stream task: ${task}`
)
