import { AlertOutlet } from '../../src/engine/alert-outlet.ts'
import { HttpRoutes } from '../../src/engine/http-routes.ts'
import { Inhibitors } from '../../src/engine/inhibitors.ts'
import { SeriesSlots } from '../../src/engine/series-slots.ts'
import type { TaskHost, TaskWorld } from '../../src/engine/task-host.ts'
import type { AlertEvent, StateCopy } from '../../src/model/event.ts'
import { engineSettings } from '../support/engine.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A world for tasks that reaches nothing, and what they leave in it. */
export function emptyWorld(change: Partial<TaskWorld> = {}) {
  const clock = new ManualClock()
  const slots = new SeriesSlots()
  const events: (readonly AlertEvent[])[] = []
  const copies: StateCopy[] = []
  const failures: { readonly task: TaskHost; readonly message: string }[] = []
  const world: TaskWorld = {
    ...{ taskMaster: 'main', settings: engineSettings, log() {}, clock, queries: 'scheduled', slots },
    alerts: new AlertOutlet(new Inhibitors('test', () => {}), {
      events: (list) => events.push(list),
      stateCopied: (copy) => copies.push(copy)
    }),
    routes: new HttpRoutes(),
    http: { post: () => Promise.reject(new Error('nobody is there')), findEndpoint: () => undefined },
    influx: { findCluster: () => undefined },
    loopbackOf: () => ({ write() {} }),
    onFailed: (task, message) => failures.push({ task, message }),
    ...change
  }
  return { world, clock, slots, events, copies, failures }
}
