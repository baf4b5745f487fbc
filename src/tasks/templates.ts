import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { type TemplateVar, templateVars } from '../graph/template-vars.ts'
import type { TaskRecord } from '../store/tasks.ts'
import type { TemplateRecord } from '../store/templates.ts'
import type { Catalog } from './catalog.ts'
import { type Compiler, varsOf } from './compiler.ts'
import {
  DbrpLost,
  InvalidTemplateId,
  isId,
  TemplateExists,
  TemplateNotFound,
  TemplateNotUpdatable,
  TemplateReloadFailed,
  TemplateRenameClash
} from './errors.ts'
import { type TaskService, TEMPLATES_KEY } from './service.ts'
import { checkTemplateAllowed } from './template-allowed.ts'

/** '' stands for what is not given. */
export interface TemplateRequest {
  readonly id: string
  readonly script: string
}

/** Templates, whose changes reach the tasks made from them. */
export class TemplateService {
  readonly #catalog: Catalog
  readonly #compiler: Compiler
  readonly #tasks: TaskService
  readonly #clock: Clock

  constructor(catalog: Catalog, compiler: Compiler, tasks: TaskService, clock: Clock) {
    this.#catalog = catalog
    this.#compiler = compiler
    this.#tasks = tasks
    this.#clock = clock
  }

  /** All templates, by id. */
  get all(): readonly TemplateRecord[] {
    return this.#catalog.templates
  }

  /** Fails with TEMPLATE_NOT_FOUND. */
  get(id: string): TemplateRecord {
    const template = this.#catalog.findTemplate(id)
    if (template === undefined) throw TemplateNotFound()
    return template
  }

  /** Fails with TEMPLATE_ID_INVALID, TEMPLATE_EXISTS, or what is wrong with the script. */
  create(request: TemplateRequest): Promise<TemplateRecord> {
    const id = request.id === '' ? randomUUID() : request.id
    return this.#change([], async () => {
      if (!isId(id)) throw InvalidTemplateId(id)
      if (this.#catalog.findTemplate(id) !== undefined) throw TemplateExists(id)
      const now = this.#clock.now()
      const { script } = request
      const template = { id, type: this.#checkedType(script), script, error: '', created: now, modified: now }
      await this.#catalog.apply({ putTemplates: [template] })
      return template
    })
  }

  /**
   * Changes a template and all tasks made from it; the running ones are restarted.
   * Differs: where one of them does not compile or start, everything stays as it was, the template included.
   */
  patch(id: string, request: TemplateRequest): Promise<TemplateRecord> {
    return this.#change(this.#tasksOf(id), async () => {
      const original = this.#catalog.findTemplate(id)
      if (original === undefined) throw TemplateNotUpdatable()
      const newId = request.id === '' ? id : request.id
      // Differs: Kapacitor takes any new id, also one under which the template cannot be reached.
      if (!isId(newId)) throw InvalidTemplateId(newId)
      const script = request.script === '' ? original.script : request.script
      const type = script === original.script ? original.type : this.#checkedType(script)
      const template = { ...original, id: newId, type, script, modified: this.#clock.now() }
      if (newId !== id && this.#catalog.findTemplate(newId) !== undefined) throw TemplateRenameClash()

      const before = this.#tasksOf(id)
      const hadDbrps = this.#compiler.dbrpsIn(original.script).length > 0
      const after = before.map((task) => this.#reshaped(task, template, hadDbrps))
      const removed = newId === id ? [] : [id]
      await this.#catalog.apply({ removeTemplates: removed, putTemplates: [template], putTasks: after })
      await this.#restart(after, async () => {
        const added = newId === id ? [] : [newId]
        await this.#catalog.apply({ removeTemplates: added, putTemplates: [original], putTasks: before })
      })
      return template
    })
  }

  /** Removes a template, if there is one. Its tasks go on, and keep their script. */
  remove(id: string): Promise<void> {
    return this.#change([], () => this.#catalog.apply({ removeTemplates: [id] }))
  }

  formattedScript(template: TemplateRecord): string {
    return this.#compiler.formattedScript(template)
  }

  dot(template: TemplateRecord): string {
    return this.#compiler.staticDot(template)
  }

  /** The variables that its script declares, by name; none where the script cannot be read any more. */
  vars(template: TemplateRecord): Readonly<Record<string, TemplateVar>> {
    try {
      return templateVars(this.#compiler.declarationsOf(template.script))
    } catch {
      return {}
    }
  }

  #change<T>(tasks: readonly TaskRecord[], work: () => Promise<T>): Promise<T> {
    return this.#tasks.lock.run([TEMPLATES_KEY, ...tasks.map(({ id }) => id)], work)
  }

  #tasksOf(id: string): readonly TaskRecord[] {
    return this.#tasks.all.filter(({ templateId }) => templateId === id)
  }

  /** The type of a script that a template may have. */
  #checkedType(script: string): TemplateRecord['type'] {
    this.#compiler.declarationsOf(script)
    checkTemplateAllowed(
      (values) => this.#compiler.builtTemplate(script, values),
      (call) => this.#tasks.runs.checkHandlersAllowed([call])
    )
    return this.#compiler.typeOf(script)
  }

  /** @param hadDbrps The template named dbrps until now: the task has no others. */
  #reshaped(task: TaskRecord, { id, script }: TemplateRecord, hadDbrps: boolean): TaskRecord {
    try {
      const kept = hadDbrps ? [] : task.dbrps
      const { type, dbrps } = this.#compiler.define({ script, vars: varsOf(task), kept, isUpdate: true })
      if (dbrps.length === 0 && task.status === 'enabled') throw DbrpLost()
      return { ...task, templateId: id, script, type, dbrps }
    } catch (error) {
      throw TemplateReloadFailed(task.id, messageOf(error))
    }
  }

  async #restart(tasks: readonly TaskRecord[], rollBack: () => Promise<void>): Promise<void> {
    const restarted: string[] = []
    for (const { id, status } of tasks) {
      if (status !== 'enabled') continue
      restarted.push(id)
      try {
        await this.#tasks.runs.stop(id)
        await this.#tasks.start(id)
      } catch (error) {
        await rollBack()
        for (const task of restarted) {
          await this.#tasks.runs.stop(task)
          await this.#tasks.start(task).catch(() => undefined) // Told by its `error`.
        }
        throw TemplateReloadFailed(id, messageOf(error))
      }
    }
  }
}
