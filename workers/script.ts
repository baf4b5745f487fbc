/** Entry of a script thread: one bench, which keeps what it has prepared from job to job. */
import { ScriptWorker } from '../src/notify/scripts/script-worker.ts'
import type { ScriptAnswer, ScriptJob } from '../src/notify/scripts/protocol.ts'

const bench = new ScriptWorker()

export default function script(job: ScriptJob): Promise<ScriptAnswer> {
  return bench.run(job)
}
