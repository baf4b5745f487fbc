import type { FastifyRequest } from 'fastify'
import { defineError } from '../../core/errors.ts'
import { formatInstant, ZERO_TIME } from '../../core/instant.ts'
import { findMember, isJsonObject, type Json } from '../../core/json.ts'
import type { DotView } from '../../graph/dot.ts'
import type { Dbrp } from '../../model/dbrp.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { TaskRecord } from '../../store/tasks.ts'
import { varsOf } from '../../tasks/compiler.ts'
import type { TaskRequest, TaskService } from '../../tasks/service.ts'
import { decodeVars, varsJson } from '../../tick/vars.ts'
import { type App, BASE } from '../app.ts'
import { listMember, objectOf, textMember, wordMember } from '../body.ts'
import { InvalidJson } from '../problems.ts'
import { choiceOf, fieldsOf, page, pagingOf, queryOf } from '../query.ts'
import type { Services } from '../services.ts'

const PATH = `${BASE}/tasks`

const TaskIdMissing = defineError('TASK_ID_MISSING', 400, () => 'must specify task id on path')
const ReplayNotRunning = defineError('REPLAY_NOT_RUNNING', 400, (id: string) => `no running replay with ID: ${id}`)

export function taskEndpoints(app: App, { tasks }: Pick<Services, 'tasks'>): void {
  app.get(PATH, async (request) => {
    const query = queryOf(request)
    const view = viewOf(query)
    const found = page(tasks.all, pagingOf(query))
    if (found.length === 0) return { tasks: [] }
    const names = fieldsOf(query, LIST_FIELDS, [...LIST_FIELDS])
    return { tasks: await Promise.all(found.map((task) => listItem(tasks, task, view, names))) }
  })

  app.post(PATH, async (request) => resource(tasks, await tasks.create(requestOf(request)), DEFAULT_VIEW))

  app.get(`${PATH}/*`, async (request, reply) => {
    const id = idOf(request)
    const task = tasks.find(id)
    if (task === undefined) {
      const slash = id.indexOf('/')
      const body = slash < 0 ? undefined : await tasks.httpOut(id.slice(0, slash), id.slice(slash + 1))
      if (body !== undefined) return reply.send(body)
    }
    return resource(tasks, tasks.get(id), viewOf(queryOf(request)))
  })

  app.patch(`${PATH}/*`, async (request) => {
    const id = idOf(request)
    return resource(tasks, await tasks.patch(id, requestOf(request)), DEFAULT_VIEW)
  })

  app.delete(`${PATH}/*`, async (request, reply) => {
    await tasks.remove(idOf(request))
    return reply.code(204).send()
  })
}

interface TaskView {
  readonly dot: DotView
  readonly script: 'formatted' | 'raw'
}

const DEFAULT_VIEW: TaskView = { dot: 'attributes', script: 'formatted' }

function viewOf(query: URLSearchParams): TaskView {
  const dot = choiceOf(query, 'dot-view', ['attributes', 'labels'])
  const script = choiceOf(query, 'script-format', ['formatted', 'raw'])
  const replayId = query.get('replay-id') ?? ''
  if (replayId !== '') throw ReplayNotRunning(replayId)
  return { dot, script }
}

/** What a member of a task is made from. */
type Member = (task: TaskRecord, tasks: TaskService, view: TaskView) => JsonOutput | Promise<JsonOutput>

/** In the order of single answers. */
const MEMBERS: Readonly<Record<string, Member>> = {
  link: ({ id }) => ({ rel: 'self', href: `${PATH}/${id}` }),
  id: ({ id }) => id,
  'template-id': ({ templateId }) => templateId,
  type: ({ type }) => type,
  dbrps: ({ dbrps }) => dbrps,
  script: (task, tasks, { script }) => (script === 'raw' ? task.script : tasks.formattedScript(task)),
  vars: (task) => varsJson(varsOf(task)),
  dot: (task, tasks, { dot }) => tasks.dot(task, dot),
  status: ({ status }) => status,
  executing: ({ id }, tasks) => tasks.runs.isRunning(id),
  error: ({ error }) => error,
  stats: ({ id }, tasks) => statsOf(id, tasks),
  created: ({ created }) => formatInstant(created),
  modified: ({ modified }) => formatInstant(modified),
  'last-enabled': ({ lastEnabled }) => formatInstant(lastEnabled ?? ZERO_TIME)
}

const LIST_FIELDS: ReadonlySet<string> = new Set(Object.keys(MEMBERS).filter((name) => name !== 'template-id'))

async function resource(tasks: TaskService, task: TaskRecord, view: TaskView): Promise<object> {
  const members: [string, JsonOutput][] = []
  for (const [name, member] of Object.entries(MEMBERS)) members.push([name, (await member(task, tasks, view)) ?? {}])
  return Object.fromEntries(members)
}

async function listItem(tasks: TaskService, task: TaskRecord, view: TaskView, names: string[]): Promise<object> {
  const members: [string, JsonOutput][] = []
  for (const name of names) members.push([name, (await MEMBERS[name]!(task, tasks, view)) ?? null])
  return Object.fromEntries(members)
}

/** undefined where it does not run: `{}` in single answers, null in lists. */
async function statsOf(id: string, tasks: TaskService): Promise<JsonOutput> {
  const stats = await tasks.stats(id)
  if (stats === undefined) return undefined
  const nodes = Object.entries(stats.nodes).map(([name, values]) => [name, new Map(Object.entries(values))] as const)
  return { 'task-stats': { throughput: stats.throughput }, 'node-stats': new Map(nodes) }
}

function idOf(request: FastifyRequest): string {
  const id = (request.params as { '*': string })['*']
  if (id === '') throw TaskIdMissing()
  return id
}

function requestOf(request: FastifyRequest): TaskRequest {
  const body = objectOf(request)
  wordMember(body, 'type', ['stream', 'batch']) // Read and ignored: the script says what it is.
  const vars = decodeVars(findMember(body, 'vars'))
  if (!vars.ok) throw InvalidJson()
  return {
    id: textMember(body, 'id'),
    templateId: textMember(body, 'template-id'),
    script: textMember(body, 'script'),
    dbrps: listMember(body, 'dbrps', dbrpOf),
    vars: vars.value,
    status: wordMember(body, 'status', ['enabled', 'disabled'])
  }
}

function dbrpOf(json: Json): Dbrp {
  if (json === null) return { db: '', rp: '' }
  if (!isJsonObject(json)) throw InvalidJson()
  return { db: textMember(json, 'db'), rp: textMember(json, 'rp') }
}
