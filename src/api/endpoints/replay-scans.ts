import { defineError } from '../../core/errors.ts'
import { type App, KAPOK_BASE } from '../app.ts'
import { changes } from '../changes.ts'
import { GoBody } from '../go-body.ts'
import { needs } from '../needs.ts'
import type { Services } from '../services.ts'
import { replayProgress, replayRequestOf, replayResource } from './replays.ts'
import { expensive } from '../rate-limit.ts'

/** What Kapok does with replays beyond Kapacitor: several tasks in one scan of a recording, and progress. */
const PATH = `${KAPOK_BASE}/replays`

const TasksMissing = defineError('REPLAY_TASKS_MISSING', 400, () => 'must provide tasks')

export function replayScanEndpoints(app: App, { replays }: Pick<Services, 'replays'>): void {
  app.post(PATH, expensive(changes('tasks', () => ({ kind: 'replay', id: '' }))), async (request, reply) => {
    const body = new GoBody(request, 'ReplayScanOptions')
    const tasks = body.texts('tasks')
    if (tasks.length === 0) throw TasksMissing()
    const common = replayRequestOf(body)
    // Each replay of several tasks under one id gets the number of its own.
    const idOf = (index: number): string =>
      common.id === '' || tasks.length === 1 ? common.id : `${common.id}.${index}`
    const requests = tasks.map((task, index) => ({ ...common, id: idOf(index), task }))
    const records = await replays.replay(body.text('recording'), requests)
    return reply.code(201).send({ replays: records.map(replayResource) })
  })

  app.get(`${PATH}/:id`, needs('read', 'tasks'), (request) => {
    const record = replays.get((request.params as { readonly id: string }).id)
    return { ...replayResource(record), ...replayProgress(record, replays.progressOf(record.id)) }
  })
}
