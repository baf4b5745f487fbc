import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { GlobalAlerts } from '../graph/ports.ts'
import type { TaskService } from '../tasks/service.ts'
import { taskTopicsOf } from '../tasks/task-topics.ts'
import type { ReplayEvents } from './replay-events.ts'
import type { ReplayedTask, ReplayTopicsPort } from './replay-contract.ts'

export interface OpenReplayTopicsOptions {
  readonly tasks: TaskService
  readonly events: ReplayEvents
  /** Makes topics for a replay. */
  readonly topics: () => ReplayTopicsPort
  /** What the configuration, as it is now, lays upon every alert node. */
  readonly globals: () => GlobalAlerts
  readonly log: Logger
}

/** Leads the events of replays that deliver to topics and handlers of their own. */
export class OpenReplayTopics {
  readonly #options: OpenReplayTopicsOptions
  readonly #open = new Map<string, ReplayTopicsPort>()
  readonly #closing = new Set<Promise<void>>()

  constructor(options: OpenReplayTopicsOptions) {
    this.#options = options
  }

  open({ record, task, delivers }: ReplayedTask): void {
    if (!delivers) return
    const { tasks, events, globals } = this.#options
    const topics = this.#options.topics()
    this.#open.set(record.id, topics)
    events.open(record.id, topics)
    const { graph } = tasks.definitionOf(task)
    const own = taskTopicsOf(record.id, task.id, graph, globals().kinds)
    for (const { topic, handlers } of own) topics.open(topic, handlers)
  }

  /** Receivers may be slow; the replay has ended all the same. */
  close(replay: string): void {
    const topics = this.#open.get(replay)
    if (topics === undefined) return
    const { events, log } = this.#options
    this.#open.delete(replay)
    events.close(replay)
    const closing = topics
      .close()
      .catch((error: unknown) => log.error('failed to end handlers', { replay, err: messageOf(error) }))
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  /** Resolves when all that were closed are done. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing)
  }
}
