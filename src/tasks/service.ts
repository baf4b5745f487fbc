import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { AppError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { type DotView, runningDot } from '../graph/dot.ts'
import type { GlobalAlerts } from '../graph/ports.ts'
import type { Dbrp } from '../model/dbrp.ts'
import { compactJson } from '../model/json.ts'
import { endpointPath } from '../nodes/http-out.ts'
import { measurementsBelow } from '../nodes/stream.ts'
import type { TaskRecord } from '../store/tasks.ts'
import { checkVars, type Vars, varsJson } from '../tick/vars.ts'
import type { Catalog } from './catalog.ts'
import { type Compiler, type TaskDefinition, varsOf } from './compiler.ts'
import type { RunnableTask, TaskRunner, TaskStats } from '../graph/task.ts'
import {
  DbrpLost,
  DbrpMissing,
  InvalidTaskId,
  isId,
  ScriptMissing,
  TaskExists,
  TaskNotFound,
  TaskNotUpdatable,
  TaskRenameClash,
  TemplateUnknown,
  VarInvalid
} from './errors.ts'
import { KeyedLock } from './keyed-lock.ts'
import { Runs, type TopicPort } from './runs.ts'
import { TASK_MASTER } from './task-topics.ts'

/**
 * Tasks: their definitions and whether they run. A change is checked, stored, and only then put into effect; changes
 * of one task happen one after the other. What fails when it starts stays stored and says why in `error`.
 */
export interface TaskServiceOptions {
  readonly catalog: Catalog
  readonly compiler: Compiler
  readonly runner: TaskRunner
  readonly topics: TopicPort
  /** What the configuration, as it is now, lays upon every alert node. */
  readonly globals: () => GlobalAlerts
  readonly clock: Clock
  readonly log: Logger
}

/** Members of a request; '' , an empty list and no vars stand for what is not given. */
export interface TaskRequest {
  readonly id: string
  readonly templateId: string
  readonly script: string
  readonly dbrps: readonly Dbrp[]
  readonly vars: Vars
  readonly status: '' | TaskRecord['status']
}

/** A version of a task: of a stored one, or of none, with what is given in place of its own. */
export interface TaskVersion {
  /** '': none. */
  readonly task: string
  readonly script: string
  readonly vars: Vars
  readonly dbrps: readonly Dbrp[]
}

/** Held by every change that has to do with templates, so that none of their tasks is missed. */
export const TEMPLATES_KEY = '\0templates'
const STARTS_AT_A_TIME = 8

export class TaskService {
  readonly runs: Runs
  readonly lock = new KeyedLock()
  readonly #catalog: Catalog
  readonly #compiler: Compiler
  readonly #clock: Clock
  readonly #log: Logger

  constructor({ catalog, compiler, runner, topics, globals, clock, log }: TaskServiceOptions) {
    this.#catalog = catalog
    this.#compiler = compiler
    this.#clock = clock
    this.#log = log.child({ service: 'task_store' })
    const runLog = log.child({ service: 'kapacitor', task_master: TASK_MASTER })
    this.runs = new Runs(runner, topics, globals, runLog, (id, message) => {
      this.#log.error('task failed', { task: id, err: message })
      void this.lock.run([id], () => this.#recordError(id, message))
    })
  }

  /** Starts what is enabled. Failures show in `error` and stop nothing else. */
  async startEnabled(): Promise<void> {
    const waiting = this.#catalog.tasks.filter(({ status }) => status === 'enabled').reverse()
    const startSome = async () => {
      for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
        const { id } = task
        await this.lock
          .run([id], () => this.start(id))
          .catch((error: unknown) => {
            this.#log.error('failed to start enabled task', { task: id, err: messageOf(error) })
          })
      }
    }
    await Promise.all(Array.from({ length: STARTS_AT_A_TIME }, startSome))
  }

  /** All tasks, by id. */
  get all(): readonly TaskRecord[] {
    return this.#catalog.tasks
  }

  find(id: string): TaskRecord | undefined {
    return this.#catalog.findTask(id)
  }

  /** Fails with TASK_NOT_FOUND. */
  get(id: string): TaskRecord {
    const task = this.find(id)
    if (task === undefined) throw TaskNotFound()
    return task
  }

  /**
   * Makes a task, and starts it where it is to be enabled. A task that refuses to start (TASK_START_FAILED) is stored
   * nevertheless, as in Kapacitor; one that the server failed to start leaves nothing behind.
   */
  create(request: TaskRequest): Promise<TaskRecord> {
    const id = request.id === '' ? randomUUID() : request.id
    const keys = request.templateId === '' ? [id] : [id, TEMPLATES_KEY]
    return this.lock.run(keys, async () => {
      if (!isId(id)) throw InvalidTaskId(id)
      if (this.find(id) !== undefined) throw TaskExists(id)
      const script = request.templateId === '' ? request.script : this.#templateScript(request.templateId)
      if (script === '') throw ScriptMissing()
      const vars = checked(request.vars)
      const definition = this.#compiler.define({ script, vars, given: request.dbrps, isUpdate: false })
      this.runs.checkAllowed(definition)
      const { type, dbrps } = definition
      const now = this.#clock.now()
      const status = request.status === '' ? 'disabled' : request.status
      const task: TaskRecord = {
        id,
        templateId: request.templateId,
        type,
        script,
        dbrps,
        varsJson: compactJson(varsJson(vars)),
        status,
        error: '',
        created: now,
        modified: now,
        lastEnabled: status === 'enabled' ? now : undefined
      }
      await this.#catalog.apply({ putTasks: [task] })
      if (status === 'enabled') await this.#startOrForget(task)
      return task
    })
  }

  /**
   * Applies what is given. A running task goes on with its old definition until it is disabled and enabled again;
   * only a new id starts it anew.
   * @returns The task as it was stored; its error is that of the time before a start, as in Kapacitor's answers.
   */
  patch(id: string, request: TaskRequest): Promise<TaskRecord> {
    const newId = request.id === '' ? id : request.id
    const hasTemplate = request.templateId !== '' || this.find(id)?.templateId !== '' || this.lock.isHeld(id)
    return this.lock.run([...new Set([id, newId, ...(hasTemplate ? [TEMPLATES_KEY] : [])])], async () => {
      const original = this.find(id)
      if (original === undefined) throw TaskNotUpdatable()
      // Differs: Kapacitor takes any new id, also one under which the task cannot be reached.
      if (!isId(newId)) throw InvalidTaskId(newId)
      const task = this.#updated(original, newId, request)
      if (newId === id) await this.#catalog.apply({ putTasks: [task] })
      else await this.#rename(id, task)

      const isWanted = task.status === 'enabled'
      if (!isWanted) await this.runs.stop(newId)
      // Differs: enabling a task that failed starts it, where Kapacitor sees no change and does nothing.
      const isToStart = newId !== id || original.status !== 'enabled' || request.status === 'enabled'
      if (isWanted && isToStart && !this.runs.isRunning(newId)) await this.start(newId)
      return task
    })
  }

  /** Removes a task, if there is one. */
  remove(id: string): Promise<void> {
    return this.lock.run([id], async () => {
      const task = this.find(id)
      if (task === undefined) return
      await this.runs.stop(id)
      await this.#catalog.apply({ removeTasks: [id] })
      await this.#forgetTopics(task)
    })
  }

  async #startOrForget(task: TaskRecord): Promise<void> {
    try {
      await this.start(task.id)
    } catch (error) {
      if (isStartError(error)) throw error
      await this.#catalog.apply({ removeTasks: [task.id] })
      await this.#forgetTopics(task)
      throw error
    }
  }

  /**
   * Starts a task, whose lock the caller holds, as it is stored. Fails with TASK_START_FAILED where the task is at fault,
   * or as the runner does; either is kept in `error`.
   */
  async start(id: string): Promise<void> {
    const task = this.get(id)
    try {
      const definition = this.#compiler.definitionOf(task)
      if (definition.dbrps.length === 0) throw DbrpLost()
      await this.runs.start(task, definition)
    } catch (error) {
      await this.#recordError(id, messageOf(error))
      throw error
    }
    await this.#recordError(id, '')
  }

  formattedScript(task: TaskRecord): string {
    return this.#compiler.formattedScript(task)
  }

  /** What a task means. It passed the checks of a definition once, but perhaps of another version. */
  definitionOf(task: TaskRecord): TaskDefinition {
    return this.#compiler.definitionOf(task)
  }

  /** A task that is not stored. Fails as a definition does. */
  version({ task: id, script, vars, dbrps }: TaskVersion): RunnableTask & Pick<TaskDefinition, 'graph'> {
    const base = id === '' ? undefined : this.get(id)
    const text = script === '' ? (base?.script ?? '') : script
    if (text === '') throw ScriptMissing()
    const values = vars.size > 0 || base === undefined ? checked(vars) : varsOf(base)
    const kept = base?.dbrps ?? []
    const definition = this.#compiler.define({ script: text, vars: values, given: dbrps, kept, isUpdate: false })
    return { id: id === '' ? 'task' : id, script: text, ...definition }
  }

  /** What a task reads: of these databases and retention policies these measurements; '' stands for all. */
  streamsOf(task: TaskRecord): { readonly dbrps: readonly Dbrp[]; readonly measurements: readonly string[] } {
    const { dbrps, graph } = this.definitionOf(task)
    return { dbrps, measurements: [...new Set(measurementsBelow(graph.sources[0]!))] }
  }

  /** The httpOut endpoints of a task. */
  endpointsOf(task: TaskRecord): { readonly node: string; readonly path: string }[] {
    return this.definitionOf(task).graph.nodes.flatMap(({ name, spec, options }) => {
      return spec.name === 'httpOut' ? [{ node: name, path: endpointPath(options['endpoint'] as string) }] : []
    })
  }

  /**
   * The graph as DOT: of the run while it runs, of the definition otherwise.
   * @param given Statistics of another run to show.
   */
  async dot(task: TaskRecord, view: DotView, given?: TaskStats): Promise<string> {
    const running = given === undefined ? this.runs.findRunning(task.id) : task
    const stats = given ?? (await this.runs.stats(task.id))
    if (running === undefined || stats === undefined) return this.#compiler.staticDot(task)
    return runningDot(task.id, this.#compiler.definitionOf(running).graph, stats, view)
  }

  stats(id: string): Promise<TaskStats | undefined> {
    return this.runs.stats(id)
  }

  /** Body of an httpOut endpoint; undefined where no running task has it. */
  httpOut(id: string, path: string): Promise<string | undefined> {
    return this.runs.httpOut(id, path)
  }

  #updated(original: TaskRecord, id: string, request: TaskRequest): TaskRecord {
    const templateId = request.templateId === '' ? original.templateId : request.templateId
    const script = this.#scriptFor(original, templateId, request)
    const vars = request.vars.size === 0 ? varsOf(original) : checked(request.vars)
    const implied = this.#compiler.dbrpsIn(script)
    const isNewScript = script !== original.script
    const wasImplied = isNewScript && this.#compiler.dbrpsIn(original.script).length > 0
    if (wasImplied && implied.length === 0 && request.dbrps.length === 0) throw DbrpMissing()
    const definition = this.#compiler.define({
      ...{ script, vars, given: request.dbrps, kept: original.dbrps, isUpdate: true }
    })
    // What was allowed once can still be disabled or renamed.
    if (isNewScript || request.vars.size > 0) this.runs.checkAllowed(definition)
    const { type, dbrps } = definition

    const now = this.#clock.now()
    const status = request.status === '' ? original.status : request.status
    const isEnabledNow = status === 'enabled' && original.status !== 'enabled'
    return {
      ...original,
      id,
      templateId,
      type,
      script,
      dbrps,
      varsJson: compactJson(varsJson(vars)),
      status,
      modified: now,
      lastEnabled: isEnabledNow ? now : original.lastEnabled
    }
  }

  #scriptFor(original: TaskRecord, templateId: string, request: TaskRequest): string {
    if (request.templateId !== '') return this.#templateScript(templateId)
    if (templateId === '') return request.script === '' ? original.script : request.script
    // Differs: a task whose template was deleted keeps its script, where Kapacitor refuses every change of it.
    return this.#catalog.findTemplate(templateId)?.script ?? original.script
  }

  async #rename(oldId: string, task: TaskRecord): Promise<void> {
    if (this.find(task.id) !== undefined) throw TaskRenameClash()
    const original = this.get(oldId)
    await this.#catalog.apply({ removeTasks: [oldId], putTasks: [task] })
    await this.runs.stop(oldId)
    await this.#forgetTopics(original)
  }

  async #forgetTopics(task: TaskRecord): Promise<void> {
    let definition: TaskDefinition
    try {
      definition = this.#compiler.definitionOf(task)
    } catch {
      return // It never ran in this version, so it has no topics.
    }
    await this.runs.forget(task.id, definition)
  }

  #templateScript(id: string): string {
    const template = this.#catalog.findTemplate(id)
    if (template === undefined) throw TemplateUnknown(id)
    return template.script
  }

  async #recordError(id: string, message: string): Promise<void> {
    try {
      await this.#catalog.setError(id, message)
    } catch (error) {
      this.#log.error('failed to store the error of a task', { task: id, err: messageOf(error) })
    }
  }
}

/** Whether it was the task that could not be started, not the server that could not start it. */
function isStartError(error: unknown): boolean {
  return error instanceof AppError && error.code === 'TASK_START_FAILED'
}

function checked(vars: Vars): Vars {
  const result = checkVars(vars)
  if (!result.ok) throw VarInvalid(result.error.message)
  return result.value
}
