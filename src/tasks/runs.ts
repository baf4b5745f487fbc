import { AppError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { GlobalAlerts } from '../graph/ports.ts'
import type { HandlerCall } from '../graph/spec.ts'
import type { EdgeType } from '../graph/link.ts'
import type { TaskRecord } from '../store/tasks.ts'
import type { TaskDefinition } from './compiler.ts'
import type { TaskRunner, TaskStats, TopicState } from '../graph/task.ts'
import { TaskStartFailed } from './errors.ts'
import { namedTopicsOf, possibleTopicsOf, TASK_MASTER, taskTopicsOf } from './task-topics.ts'

/** What tasks ask of the alert service: a topic for the handlers that a script puts on an alert node. */
export interface TopicPort {
  /** Throws where the configuration does not allow what handlers name: programs, files. */
  checkHandlersAllowed(handlers: readonly HandlerCall[]): void
  openTaskTopic(topic: string, handlers: readonly HandlerCall[]): void | Promise<void>
  /** Resolves when what its handlers were given has been taken over for delivery. Its state is kept. */
  closeTaskTopic(topic: string): void | Promise<void>
  /** Forgets its state too. */
  deleteTaskTopic(topic: string): void | Promise<void>
  /** What topics hold, of any kind. */
  stateSnapshot(topics: readonly string[]): readonly (Omit<TopicState, 'eventId'> & { readonly id: string })[]
}

interface TaskRun {
  /** The task as it was started: a change of it takes effect when it is started again. */
  readonly task: TaskRecord
  readonly topics: readonly string[]
  /** Type of the edge that each node reads, by name. */
  readonly nodeTypes: ReadonlyMap<string, EdgeType>
}

/** Which tasks run, and their topics while they do. */
export class Runs {
  readonly #runner: TaskRunner
  readonly #topics: TopicPort
  readonly #globals: () => GlobalAlerts
  readonly #log: Logger
  readonly #running = new Map<string, TaskRun>()

  /**
   * @param globals What the configuration, as it is now, lays upon every alert node.
   * @param onFailed Told when a task has ended by itself.
   */
  constructor(
    runner: TaskRunner,
    topics: TopicPort,
    globals: () => GlobalAlerts,
    log: Logger,
    onFailed: (id: string, message: string) => void
  ) {
    this.#runner = runner
    this.#topics = topics
    this.#globals = globals
    this.#log = log
    runner.onFailed((id, message) => {
      const run = this.#running.get(id)
      if (run === undefined) return
      this.#running.delete(id)
      void this.#closeTopics(run.topics)
      onFailed(id, message)
    })
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  /** The task as it was when it was started; undefined where it does not run. */
  findRunning(id: string): TaskRecord | undefined {
    return this.#running.get(id)?.task
  }

  nodeTypes(id: string): ReadonlyMap<string, EdgeType> {
    return this.#running.get(id)?.nodeTypes ?? new Map()
  }

  /** Throws where the configuration does not allow what the handlers of a task name. */
  checkAllowed({ graph }: Pick<TaskDefinition, 'graph'>): void {
    for (const { handlers } of taskTopicsOf(TASK_MASTER, '', graph, [])) this.checkHandlersAllowed(handlers)
  }

  /** Throws where the configuration does not allow what handlers name. */
  checkHandlersAllowed(handlers: readonly HandlerCall[]): void {
    this.#topics.checkHandlersAllowed(handlers)
  }

  /** Fails with TASK_START_FAILED and the words of the node that refused, or as the runner does when it is not able to. */
  async start(task: TaskRecord, { type, dbrps, vars, graph }: TaskDefinition): Promise<void> {
    const globals = this.#globals()
    const own = taskTopicsOf(TASK_MASTER, task.id, graph, globals.kinds)
    const names = own.map(({ topic }) => topic)
    const used = [...new Set([...names, ...namedTopicsOf(graph.nodes)])]
    try {
      for (const { topic, handlers } of own) await this.#topics.openTaskTopic(topic, handlers)
      const topicStates = this.#topics.stateSnapshot(used).map(({ id, ...state }) => ({ ...state, eventId: id }))
      const nodeTypes = new Map(graph.nodes.map(({ name, wants }) => [name, wants]))
      this.#running.set(task.id, { task, topics: names, nodeTypes })
      const { id, script } = task
      await this.#runner.start({ id, type, script, vars, dbrps, topics: used, topicStates, globals })
      this.#log.info('started task', { task: task.id })
    } catch (error) {
      this.#running.delete(task.id)
      await this.#closeTopics(names)
      throw error instanceof AppError && error.status === 503 ? error : TaskStartFailed(messageOf(error))
    }
  }

  async stop(id: string): Promise<void> {
    const run = this.#running.get(id)
    this.#running.delete(id)
    try {
      await this.#runner.stop(id)
      if (run !== undefined) this.#log.info('stopped task', { task: id })
    } catch (error) {
      // The shard died: what should end has ended.
      this.#log.warn('task was not stopped in order', { task: id, err: messageOf(error) })
    }
    await this.#closeTopics(run?.topics ?? [])
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)))
  }

  /** Forgets what the topics of a task's own hold. */
  async forget(id: string, { graph }: TaskDefinition): Promise<void> {
    for (const topic of possibleTopicsOf(TASK_MASTER, id, graph)) await this.#topics.deleteTaskTopic(topic)
  }

  async stats(id: string): Promise<TaskStats | undefined> {
    return this.#running.has(id) ? this.#runner.stats(id) : undefined
  }

  async httpOut(id: string, path: string): Promise<string | undefined> {
    return this.#running.has(id) ? this.#runner.httpOut(id, path) : undefined
  }

  async #closeTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      try {
        await this.#topics.closeTaskTopic(topic)
      } catch (error) {
        this.#log.error('failed to close topic', { topic, err: messageOf(error) })
      }
    }
  }
}
