import type { FastifyReply, FastifyRequest } from 'fastify'
import { wallClock } from '../../core/clock.ts'
import { defineError } from '../../core/errors.ts'
import { formatInstant } from '../../core/instant.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { ReplayProgress, ReplayRequest } from '../../recordings/replay-contract.ts'
import type { ReplayRecord } from '../../store/replays.ts'
import type { TaskStats } from '../../graph/task.ts'
import { type App, BASE } from '../app.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { GoBody } from '../go-body.ts'
import { needs } from '../needs.ts'
import { NotFound } from '../problems.ts'
import { fieldsOf, page, pagingOf, queryOf } from '../query.ts'
import type { Services } from '../services.ts'
import { statsJson } from '../stats.ts'
import { QueryMissing, StartMissing } from './recordings.ts'
import { expensive } from '../rate-limit.ts'

const PATH = `${BASE}/replays`

const ReplayIdMissing = defineError('REPLAY_ID_MISSING', 400, () => 'must specify replay id on path')

const changeOf = (request: FastifyRequest): ChangedThing => ({
  kind: 'replay',
  id: request.method === 'DELETE' ? idOf(request) : ''
})

export function replayEndpoints(app: App, { replays }: Pick<Services, 'replays'>): void {
  app.get(PATH, needs('read', 'tasks'), (request) => {
    const query = queryOf(request)
    const found = page(replays.all, pagingOf(query))
    if (found.length === 0) return { replays: [] }
    const names = fieldsOf(query, LIST_FIELDS, [...LIST_FIELDS])
    return { replays: found.map((record) => Object.fromEntries(names.map((name) => [name, MEMBERS[name]!(record)]))) }
  })

  app.post(PATH, expensive(changes('tasks', changeOf)), async (request, reply) => {
    const body = new GoBody(request, 'CreateReplayOptions')
    const wanted = replayRequestOf(body)
    const [record] = await replays.replay(body.text('recording'), [wanted])
    return reply.code(201).send(replayResource(record!))
  })

  app.post(`${PATH}/batch`, expensive(changes('tasks', changeOf)), async (request, reply) => {
    const body = new GoBody(request, 'ReplayBatchOptions')
    const [start, stop] = [body.time('start'), body.time('stop')]
    const wanted = replayRequestOf(body)
    // Differs: a replay of queries needs a start; Kapacitor begins with the year 1 and never ends.
    if (start === undefined) throw StartMissing()
    const record = await replays.replayBatch(wanted, start, stop ?? wallClock.now())
    return reply.code(201).send(replayResource(record))
  })

  app.post(`${PATH}/query`, expensive(changes('tasks', changeOf)), async (request, reply) => {
    const body = new GoBody(request, 'ReplayQueryOptions')
    const wanted = replayRequestOf(body)
    const query = body.text('query')
    if (query === '') throw QueryMissing()
    return reply.code(201).send(replayResource(await replays.replayQuery(wanted, query, body.text('cluster'))))
  })

  app.get(`${PATH}/*`, needs('read', 'tasks'), (request, reply) => {
    const record = replays.get(idOf(request))
    return reply.code(record.status === 'running' ? 202 : 200).send(replayResource(record))
  })

  app.delete(`${PATH}/*`, changes('tasks', changeOf), async (request, reply): Promise<FastifyReply> => {
    await replays.remove(idOf(request))
    return reply.code(204).send()
  })
}

/** What every kind of replay is asked with. `deliver`, true if absent, is not known to Kapacitor. */
export function replayRequestOf(body: GoBody): ReplayRequest {
  return {
    id: body.text('id'),
    task: body.text('task'),
    recordingTime: body.flag('recording-time'),
    clock: body.word('clock', 'Clock', ['fast', 'real']) || 'fast',
    delivers: body.flag('deliver', true)
  }
}

/** How far one is, for people: Kapacitor's `progress` is 0 until it is 1. */
export function replayProgress({ progress: whole }: ReplayRecord, run: ReplayProgress | undefined): object {
  if (run === undefined) return { progress: whole }
  const { points, total, elapsedMs } = run
  const progress = total === 0 ? 0 : points / total
  return { progress, points, total, 'points-per-second': Math.round((points * 1000) / Math.max(1, elapsedMs)) }
}

/** Members of a replay, in the order of single answers. */
const MEMBERS: Readonly<Record<string, (record: ReplayRecord) => JsonOutput>> = {
  link: ({ id }) => ({ rel: 'self', href: `${PATH}/${id}` }),
  id: ({ id }) => id,
  task: ({ task }) => task,
  recording: ({ recording }) => recording,
  'recording-time': ({ recordingTime }) => recordingTime,
  clock: ({ clock }) => clock,
  date: ({ date }) => formatInstant(date),
  error: ({ error }) => error,
  status: ({ status }) => status,
  progress: ({ progress }) => progress,
  stats: ({ statsJson: json }) => (json === '' ? {} : statsJson(JSON.parse(json) as TaskStats))
}

const LIST_FIELDS: ReadonlySet<string> = new Set(Object.keys(MEMBERS).filter((name) => name !== 'stats'))

export function replayResource(record: ReplayRecord): object {
  return Object.fromEntries(Object.entries(MEMBERS).map(([name, member]) => [name, member(record)]))
}

function idOf(request: FastifyRequest): string {
  const id = (request.params as { '*': string })['*']
  if (id === '') throw ReplayIdMissing()
  if (id.includes('/')) throw NotFound()
  return id
}
