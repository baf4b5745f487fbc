import type { FastifyReply, FastifyRequest } from 'fastify'
import { wallClock } from '../../core/clock.ts'
import { defineError } from '../../core/errors.ts'
import { formatInstant, ZERO_TIME } from '../../core/instant.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { RecordingProgress, RecordingService } from '../../recordings/service.ts'
import type { RecordingRecord } from '../../store/recordings.ts'
import { type App, BASE } from '../app.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { GoBody } from '../go-body.ts'
import { needs } from '../needs.ts'
import { NotFound } from '../problems.ts'
import { fieldsOf, page, pagingOf, queryOf } from '../query.ts'
import { expensive } from '../rate-limit.ts'

const PATH = `${BASE}/recordings`

const RecordingIdMissing = defineError('RECORDING_ID_MISSING', 400, () => 'must specify recording id on path')

export const StartMissing = defineError('START_MISSING', 400, () => 'must provide start time')
export const QueryMissing = defineError('QUERY_MISSING', 400, () => 'must provide query')
const TypeMissing = defineError('RECORDING_TYPE_MISSING', 400, () => 'must provide type, stream or batch')

const changeOf = (request: FastifyRequest): ChangedThing => ({
  kind: 'recording',
  id: request.method === 'DELETE' ? idOf(request) : ''
})

export function recordingEndpoints(app: App, { recordings }: { readonly recordings: RecordingService }): void {
  app.get(PATH, needs('read', 'tasks'), (request) => {
    const query = queryOf(request)
    const found = page(recordings.all, pagingOf(query))
    if (found.length === 0) return { recordings: [] }
    const names = fieldsOf(query, FIELDS, [...FIELDS])
    return {
      recordings: found.map((record) => Object.fromEntries(names.map((name) => [name, MEMBERS[name]!(record)])))
    }
  })

  app.post(`${PATH}/stream`, expensive(changes('tasks', changeOf)), async (request, reply) => {
    const body = new GoBody(request, 'RecordStreamOptions')
    const wanted = { id: body.text('id'), task: body.text('task'), stop: body.time('stop') ?? ZERO_TIME }
    return created(reply, await recordings.recordStream(wanted))
  })

  app.post(`${PATH}/batch`, expensive(changes('tasks', changeOf)), async (request, reply) => {
    const body = new GoBody(request, 'RecordBatchOptions')
    const start = body.time('start')
    const stop = body.time('stop')
    if (start === undefined) throw StartMissing()
    const wanted = { id: body.text('id'), task: body.text('task'), start, stop: stop ?? wallClock.now() }
    return created(reply, await recordings.recordBatch(wanted))
  })

  app.post(`${PATH}/query`, expensive(changes('tasks', changeOf)), async (request, reply) => {
    const body = new GoBody(request, 'RecordQueryOptions')
    const type = body.word('type', 'TaskType', ['stream', 'batch'])
    const wanted = { id: body.text('id'), query: body.text('query'), cluster: body.text('cluster') }
    recordings.checkedId(wanted.id)
    if (wanted.query === '') throw QueryMissing()
    // Differs: a recording of a query without a type is refused; Kapacitor dies of it.
    if (type === '') throw TypeMissing()
    return created(reply, await recordings.recordQuery({ ...wanted, type }))
  })

  app.get(`${PATH}/*`, needs('read', 'tasks'), (request, reply) => {
    const record = recordings.get(idOf(request))
    return reply.code(record.status === 'running' ? 202 : 200).send(recordingResource(record))
  })

  app.delete(`${PATH}/*`, changes('tasks', changeOf), async (request, reply) => {
    await recordings.remove(idOf(request))
    return reply.code(204).send()
  })
}

/** Members of a recording, in the order of single answers. */
const MEMBERS: Readonly<Record<string, (record: RecordingRecord) => JsonOutput>> = {
  link: ({ id }) => ({ rel: 'self', href: `${PATH}/${id}` }),
  id: ({ id }) => id,
  type: ({ type }) => type,
  size: ({ size }) => size,
  date: ({ date }) => formatInstant(date),
  error: ({ error }) => error,
  status: ({ status }) => status,
  progress: ({ progress }) => progress
}

const FIELDS: ReadonlySet<string> = new Set(Object.keys(MEMBERS))

export function recordingResource(record: RecordingRecord): object {
  return Object.fromEntries(Object.entries(MEMBERS).map(([name, member]) => [name, member(record)]))
}

/** How far one is, for people: Kapacitor's `progress` is 0 until it is 1. */
export function recordingProgress({ progress: whole }: RecordingRecord, run: RecordingProgress | undefined): object {
  if (run === undefined) return { progress: whole }
  const { points, share, elapsedMs } = run
  return { progress: share, points, 'points-per-second': Math.round((points * 1000) / Math.max(1, elapsedMs)) }
}

function created(reply: FastifyReply, record: RecordingRecord): FastifyReply {
  return reply.code(201).send(recordingResource(record))
}

function idOf(request: FastifyRequest): string {
  const id = (request.params as { '*': string })['*']
  if (id === '') throw RecordingIdMissing()
  if (id.includes('/')) throw NotFound()
  return id
}
