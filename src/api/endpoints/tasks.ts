import type { FastifyRequest } from 'fastify'
import { defineError } from '../../core/errors.ts'
import { formatInstant, ZERO_TIME } from '../../core/instant.ts'
import { findMember, type JsonObject } from '../../core/json.ts'
import type { DotView } from '../../graph/dot.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { ReplayService } from '../../recordings/replays.ts'
import type { TaskRecord } from '../../store/tasks.ts'
import { varsOf } from '../../tasks/compiler.ts'
import type { TaskStats } from '../../graph/task.ts'
import type { TaskRequest, TaskService } from '../../tasks/service.ts'
import { decodeVars, varsJson } from '../../tick/vars.ts'
import { type App, BASE } from '../app.ts'
import { dbrpOf, listMember, objectOf, textMember, wordMember } from '../body.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { needs } from '../needs.ts'
import { InvalidJson } from '../problems.ts'
import { statsJson } from '../stats.ts'
import { choiceOf, fieldsOf, page, pagingOf, queryOf } from '../query.ts'
import type { Services } from '../services.ts'
import { expensive } from '../rate-limit.ts'

const PATH = `${BASE}/tasks`

const TaskIdMissing = defineError('TASK_ID_MISSING', 400, () => 'must specify task id on path')
const ReplayOfOtherTask = defineError(
  'REPLAY_OF_OTHER_TASK',
  400,
  (replay: string, task: string) => `replay ${replay} is not for task: ${task}`
)
const ReplayNotRunning = defineError('REPLAY_NOT_RUNNING', 400, (id: string) => `no running replay with ID: ${id}`)

export function taskEndpoints(app: App, { tasks, replays }: Pick<Services, 'tasks' | 'replays'>): void {
  app.get(PATH, needs('read', 'tasks'), async (request) => {
    const query = queryOf(request)
    const view = layoutOf(query) // A list shows the live runs, whatever `replay-id` says, as in Kapacitor.
    const found = page(tasks.all, pagingOf(query))
    if (found.length === 0) return { tasks: [] }
    const names = fieldsOf(query, FIELDS, [...FIELDS])
    return { tasks: await Promise.all(found.map((task) => listItem(tasks, task, view, names))) }
  })

  const changeOf = (id: string): ChangedThing => ({ kind: 'task', id, read: (known) => definitionOf(tasks.get(known)) })
  const changeIn = (request: FastifyRequest): ChangedThing => changeOf(idOf(request))

  app.post(PATH, expensive(changes('tasks', () => changeOf(''))), async (request) =>
    resource(tasks, await tasks.create(requestOf(request)), DEFAULT_VIEW)
  )

  app.get(`${PATH}/*`, needs('read', 'tasks'), async (request, reply) => {
    const id = idOf(request)
    const task = tasks.find(id)
    if (task === undefined) {
      const body = await httpOutOf(id, queryOf(request).get('replay-id') ?? '', tasks, replays)
      if (body !== undefined) return reply.send(body)
    }
    const known = tasks.get(id)
    const view = await viewOf(queryOf(request), replays)
    if (view.replay !== undefined && view.replay.task !== id) throw ReplayOfOtherTask(view.replay.id, id)
    return resource(tasks, known, view)
  })

  app.patch(`${PATH}/*`, expensive(changes('tasks', changeIn)), async (request) => {
    const id = idOf(request)
    return resource(tasks, await tasks.patch(id, requestOf(request)), DEFAULT_VIEW)
  })

  app.delete(`${PATH}/*`, changes('tasks', changeIn), async (request, reply) => {
    await tasks.remove(idOf(request))
    return reply.code(204).send()
  })
}

/** What of a task somebody has said. */
function definitionOf({ templateId, type, dbrps, script, varsJson, status }: TaskRecord): object {
  return { 'template-id': templateId, type, dbrps, script, vars: JSON.parse(varsJson) as unknown, status }
}

interface TaskView {
  readonly dot: DotView
  readonly script: 'formatted' | 'raw'
  /** Whose run is shown in place of the live one. */
  readonly replay?: { readonly id: string; readonly task: string; readonly stats: TaskStats }
}

const DEFAULT_VIEW: TaskView = { dot: 'attributes', script: 'formatted' }

async function viewOf(query: URLSearchParams, replays: ReplayService): Promise<TaskView> {
  const layout = layoutOf(query)
  const id = query.get('replay-id') ?? ''
  if (id === '') return layout
  const replay = replays.findRunning(id)
  const stats = await replays.stats(id)
  if (replay === undefined || stats === undefined) throw ReplayNotRunning(id)
  return { ...layout, replay: { id, task: replay.task, stats } }
}

function layoutOf(query: URLSearchParams): Omit<TaskView, 'replay'> {
  return {
    dot: choiceOf(query, 'dot-view', ['attributes', 'labels']),
    script: choiceOf(query, 'script-format', ['formatted', 'raw'])
  }
}

/**
 * What an endpoint of the task has while it runs, or is replayed; of a certain replay also afterwards.
 * @param path `TASK/ENDPOINT`.
 */
async function httpOutOf(
  path: string,
  replayId: string,
  tasks: TaskService,
  replays: ReplayService
): Promise<string | undefined> {
  const slash = path.indexOf('/')
  if (slash < 0) return undefined
  const [task, endpoint] = [path.slice(0, slash), path.slice(slash + 1)]
  if (replayId !== '') return replays.find(replayId)?.task === task ? replays.httpOut(replayId, endpoint) : undefined
  return (await tasks.httpOut(task, endpoint)) ?? (await replays.httpOutOfTask(task, endpoint))
}

/** What a member of a task is made from. */
type Member = (task: TaskRecord, tasks: TaskService, view: TaskView) => JsonOutput | Promise<JsonOutput>

/** Members of a task, in the order of single answers. */
const MEMBERS: Readonly<Record<string, Member>> = {
  link: ({ id }) => ({ rel: 'self', href: `${PATH}/${id}` }),
  id: ({ id }) => id,
  'template-id': ({ templateId }) => templateId,
  type: ({ type }) => type,
  dbrps: ({ dbrps }) => dbrps,
  script: (task, tasks, { script }) => (script === 'raw' ? task.script : tasks.formattedScript(task)),
  vars: (task) => varsJson(varsOf(task)),
  dot: (task, tasks, { dot, replay }) => tasks.dot(task, dot, replay?.task === task.id ? replay.stats : undefined),
  status: ({ status }) => status,
  executing: ({ id }, tasks, { replay }) => replay?.task === id || tasks.runs.isRunning(id),
  error: ({ error }) => error,
  stats: async ({ id }, tasks, { replay }) => {
    const stats = replay?.task === id ? replay.stats : await tasks.stats(id)
    return stats && statsJson(stats)
  },
  created: ({ created }) => formatInstant(created),
  modified: ({ modified }) => formatInstant(modified),
  'last-enabled': ({ lastEnabled }) => formatInstant(lastEnabled ?? ZERO_TIME)
}

const FIELDS: ReadonlySet<string> = new Set(Object.keys(MEMBERS))

async function resource(tasks: TaskService, task: TaskRecord, view: TaskView): Promise<object> {
  const members: [string, JsonOutput][] = []
  for (const [name, member] of Object.entries(MEMBERS)) members.push([name, (await member(task, tasks, view)) ?? {}])
  return Object.fromEntries(members)
}

async function listItem(tasks: TaskService, task: TaskRecord, view: TaskView, names: string[]): Promise<object> {
  const members: [string, JsonOutput][] = []
  for (const name of names) {
    if (name === 'template-id' && task.templateId === '') continue
    members.push([name, (await MEMBERS[name]!(task, tasks, view)) ?? null])
  }
  return Object.fromEntries(members)
}

function idOf(request: FastifyRequest): string {
  const id = (request.params as { '*': string })['*']
  if (id === '') throw TaskIdMissing()
  return id
}

function requestOf(request: FastifyRequest): TaskRequest {
  return readTaskRequest(objectOf(request))
}

/** What a client, or a file of the load directory, says of a task. Fails with INVALID_JSON. */
export function readTaskRequest(body: JsonObject): TaskRequest {
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
