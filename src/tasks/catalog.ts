import type { Logger } from '../core/logger.ts'
import { compareBytes } from '../model/bytes.ts'
import type { Database } from '../store/db.ts'
import { type TaskRecord, TaskStore } from '../store/tasks.ts'
import { type TemplateRecord, TemplateStore } from '../store/templates.ts'

/** A change of tasks and templates: stored as a whole or not at all. Removals come first. */
export interface CatalogChange {
  readonly removeTasks?: readonly string[]
  readonly removeTemplates?: readonly string[]
  readonly putTasks?: readonly TaskRecord[]
  readonly putTemplates?: readonly TemplateRecord[]
}

/** All definitions, in memory for reading, written through to the store. This process is the only one that writes. */
export class Catalog {
  readonly #db: Database
  readonly #tasks = new Map<string, TaskRecord>()
  readonly #templates = new Map<string, TemplateRecord>()
  #sortedTasks: readonly TaskRecord[] | undefined
  #sortedTemplates: readonly TemplateRecord[] | undefined

  private constructor(db: Database) {
    this.#db = db
  }

  static async open(db: Database, log: Logger): Promise<Catalog> {
    const catalog = new Catalog(db)
    for (const task of await new TaskStore(db).all(log)) catalog.#tasks.set(task.id, task)
    for (const template of await new TemplateStore(db).all()) catalog.#templates.set(template.id, template)
    return catalog
  }

  findTask(id: string): TaskRecord | undefined {
    return this.#tasks.get(id)
  }

  findTemplate(id: string): TemplateRecord | undefined {
    return this.#templates.get(id)
  }

  /** Tasks by id, in byte order. */
  get tasks(): readonly TaskRecord[] {
    this.#sortedTasks ??= [...this.#tasks.values()].sort((a, b) => compareBytes(a.id, b.id))
    return this.#sortedTasks
  }

  /** Templates by id, in byte order. */
  get templates(): readonly TemplateRecord[] {
    this.#sortedTemplates ??= [...this.#templates.values()].sort((a, b) => compareBytes(a.id, b.id))
    return this.#sortedTemplates
  }

  async apply({
    removeTasks = [],
    removeTemplates = [],
    putTasks = [],
    putTemplates = []
  }: CatalogChange): Promise<void> {
    await this.#db.transaction(async (on) => {
      const tasks = new TaskStore(on)
      const templates = new TemplateStore(on)
      for (const id of removeTasks) await tasks.remove(id)
      for (const id of removeTemplates) await templates.remove(id)
      for (const task of putTasks) await tasks.put(task)
      for (const template of putTemplates) await templates.put(template)
    })
    for (const id of removeTasks) this.#tasks.delete(id)
    for (const id of removeTemplates) this.#templates.delete(id)
    for (const task of putTasks) this.#tasks.set(task.id, task)
    for (const template of putTemplates) this.#templates.set(template.id, template)
    this.#sortedTasks = undefined
    this.#sortedTemplates = undefined
  }

  /** What the last start or run of a task ended with; nothing where the task is gone. */
  async setError(id: string, error: string): Promise<void> {
    const task = this.#tasks.get(id)
    if (task === undefined || task.error === error) return
    await this.apply({ putTasks: [{ ...task, error }] })
  }
}
