import { join } from 'node:path'
import t from 'tap'
import { parseJson } from '../../src/core/json.ts'
import { ReplayRun } from '../../src/engine/replay/run.ts'
import { nodes } from '../../src/nodes/index.ts'
import { Compiler } from '../../src/tasks/compiler.ts'
import type { RunnableTask } from '../../src/graph/task.ts'
import { decodeVars } from '../../src/tick/vars.ts'
import { loadCases, type ConformanceCase } from '../conformance/case.ts'
import { bodiesOf } from '../conformance/run-case.ts'
import { deadman } from '../support/check.ts'
import { LiveRun, Outputs } from './live.ts'
import { testFolder } from '../support/folder.ts'
import { ManualClock } from '../support/manual-clock.ts'

// Every stream case of the conformance folder: what a task lets out while it is recorded, it lets out again, in the
// same order, when the recording is replayed. Time is turned by hand, so timers come at the same times, too.

const START_MS = Date.UTC(2026)

const compiler = new Compiler(nodes, deadman)
const root = testFolder(t)
let count = 0

for (const { area, name, about, steps, ...stored } of loadCases()) {
  const tasks = streamTasksOf(stored)
  if (tasks.length === 0) continue
  count++
  t.test(`${area}/${name}: ${about}`, async (t) => {
    const clock = new ManualClock(START_MS)
    const live = new LiveRun(tasks, clock)
    for (const step of steps) {
      if ('write' in step) {
        const query = new URLSearchParams(fill(step.query ?? ''))
        await live.write(bodiesOf(step.write).map(fill), query)
      }
      if ('sleep' in step) clock.advance(step.sleep)
      await live.drained()
    }
    const runs = await live.end(join(root, `${area}-${name}`))
    for (const { task, archive, outputs } of runs) {
      const replayed = new Outputs('replay')
      const replay = new ReplayRun(
        {
          id: 'replay',
          path: archive,
          tasks: [{ id: 'replay', task, isMuted: false, emitsAll: false }],
          ...{ clock: 'fast', recordingTime: true, dropsEmptyBatches: true },
          progress: new BigInt64Array(new SharedArrayBuffer(16))
        },
        replayed.host(clock)
      )
      replayed.onEvents = (id, events) => replay.acknowledge(id, events)
      const outcome = await replay.run()
      const [ended] = outcome.outcomes
      t.equal(ended!.error.replace('task run: ', ''), outputs.failure, `${task.id}: ends the same`)
      replayed.bodies = { ...ended!.httpOut }
      t.strictSame(replayed.all, outputs.all, `${task.id}: lets the same out`)
    }
  })
}
t.test('there are cases', (t) => {
  t.ok(count > 150, String(count))
  t.end()
})

/** Those that can be started; a case may be about one that cannot. */
function streamTasksOf({
  tasks,
  expectDefineError
}: Pick<ConformanceCase, 'tasks' | 'expectDefineError'>): RunnableTask[] {
  if (expectDefineError !== undefined) return []
  return tasks.flatMap(({ id = 'task', script, vars, dbrps }) => {
    const text = fill(script)
    try {
      if (compiler.typeOf(text) !== 'stream') return []
      const json = parseJson(JSON.stringify(vars ?? null))
      const decoded = json.ok ? decodeVars(json.value) : undefined
      if (decoded?.ok !== true) return []
      const places = (dbrps ?? [{ db: '@DB@', rp: 'autogen' }]).map(({ db, rp }) => ({ db: fill(db), rp }))
      const definition = compiler.define({
        ...{ script: text, vars: decoded.value, given: places, kept: places, isUpdate: true }
      })
      return [{ id: fill(id), script: text, ...definition }]
    } catch {
      return []
    }
  })
}

function fill(text: string): string {
  return text.replaceAll('@DB@', 'db').replaceAll('@ID@', 'id').replaceAll('@INFLUX@', 'http://influx')
}
