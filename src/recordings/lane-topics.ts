import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { TaskService } from '../tasks/service.ts'
import { taskTopicsOf } from '../tasks/task-topics.ts'
import type { LaneEvents } from './lane-events.ts'
import type { ReplayedTask, ReplayTopicsPort } from './replay-contract.ts'

export interface LaneTopicsOptions {
  readonly tasks: TaskService
  readonly events: LaneEvents
  /** Makes topics for a replay. */
  readonly topics: () => ReplayTopicsPort
  /** Kinds of the handlers that every alert gets. */
  readonly globalKinds: readonly string[]
  readonly log: Logger
}

/** Leads the events of replays that deliver to topics and handlers of their own. */
export class LaneTopics {
  readonly #options: LaneTopicsOptions
  readonly #open = new Map<string, ReplayTopicsPort>()
  readonly #closing = new Set<Promise<void>>()

  constructor(options: LaneTopicsOptions) {
    this.#options = options
  }

  open({ record, task, delivers }: ReplayedTask): void {
    if (!delivers) return
    const { tasks, events, globalKinds } = this.#options
    const topics = this.#options.topics()
    this.#open.set(record.id, topics)
    events.open(record.id, (list) => topics.collect(list))
    const { graph } = tasks.definitionOf(task)
    for (const { topic, handlers } of taskTopicsOf(record.id, task.id, graph, globalKinds)) topics.open(topic, handlers)
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
      .catch((error: unknown) => log.error('failed to end handlers', { replay, error: messageOf(error) }))
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  /** Resolves when all that were closed are done. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing)
  }
}
