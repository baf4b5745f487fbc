import { Topic } from './topic.ts'

/** The topics that there are, shown or hidden, by id. */
export class Topics {
  readonly #topics = new Map<string, Topic>()

  get all(): IterableIterator<Topic> {
    return this.#topics.values()
  }

  /** Topics that show, in no order. */
  get shown(): Topic[] {
    return [...this.#topics.values()].filter(({ isHidden }) => !isHidden)
  }

  /** Makes it where there is none. */
  get(id: string): Topic {
    let topic = this.#topics.get(id)
    if (topic === undefined) this.#topics.set(id, (topic = new Topic(id)))
    return topic
  }

  find(id: string): Topic | undefined {
    return this.#topics.get(id)
  }

  findShown(id: string): Topic | undefined {
    const topic = this.#topics.get(id)
    return topic?.isHidden === true ? undefined : topic
  }

  delete(id: string): void {
    this.#topics.delete(id)
  }
}
