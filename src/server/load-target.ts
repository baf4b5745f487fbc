import { readTaskRequest } from '../api/endpoints/tasks.ts'
import { readTemplateRequest } from '../api/endpoints/templates.ts'
import { specOf } from '../alert/handler-spec.ts'
import type { TopicHandlers } from '../alert/topic-handlers.ts'
import type { Audit } from '../auth/audit.ts'
import { AppError } from '../core/errors.ts'
import { type Json, type JsonObject, parseJson } from '../core/json.ts'
import type { LoadItem } from '../load/items.ts'
import type { LoadedThing, LoadTarget } from '../load/load-directory.ts'
import type { TaskService } from '../tasks/service.ts'
import type { TemplateService } from '../tasks/templates.ts'

export interface LoadServices {
  readonly tasks: TaskService
  readonly templates: TemplateService
  readonly handlers: TopicHandlers
  readonly audit: Audit
}

/** What to do with things of one kind. */
interface Maker {
  /** The item as the audit shows it; undefined: it is not there. */
  find(id: string): unknown
  make(id: string, body: JsonObject): Promise<unknown>
  change(id: string, body: JsonObject): Promise<unknown>
  remove(id: string): Promise<unknown>
}

/** Makes what files describe, with the services that the API has for it: what is wrong is told in the same words. */
export function loadTarget({ tasks, templates, handlers, audit }: LoadServices): LoadTarget {
  const makers: Readonly<Record<LoadItem['kind'], Maker>> = {
    tasks: {
      find: (id) => tasks.find(id)?.script,
      make: (id, body) => tasks.create({ ...readTaskRequest(body), id }),
      async change(id, body) {
        const request = { ...readTaskRequest(body), id }
        await tasks.patch(id, { ...request, status: 'disabled' })
        await tasks.patch(id, { ...readTaskRequest(new Map()), status: 'enabled' })
      },
      remove: (id) => tasks.remove(id)
    },
    templates: {
      find: (id) => attempt(() => templates.get(id).script),
      make: (id, body) => templates.create({ ...readTemplateRequest(body), id }),
      change: (id, body) => templates.patch(id, { ...readTemplateRequest(body), id }),
      remove: (id) => templates.remove(id)
    },
    handlers: {
      find: (id) => attempt(() => handlers.masked(handlers.get(...placeOf(id)))),
      make: (id, body) => handlers.create({ ...specOf(body), topic: placeOf(id)[0] }),
      change: (id, body) => handlers.replace(placeOf(id)[1], { ...specOf(body), topic: placeOf(id)[0] }, 'refused'),
      remove: (id) => handlers.remove(...placeOf(id))
    }
  }
  const audited = async ({ kind, id }: LoadedThing, actor: string, work: (maker: Maker) => Promise<unknown>) => {
    const maker = makers[kind]
    const before = maker.find(id)
    await work(maker)
    await audit.record({ actor, address: '', kind: kind.slice(0, -1), id, before, after: maker.find(id) })
  }
  return {
    has: ({ kind, id }) => makers[kind].find(id) !== undefined,
    make: (item) => audited(item, item.file, (maker) => maker.make(item.id, jsonOf(item.body))),
    change: (item) => audited(item, item.file, (maker) => maker.change(item.id, jsonOf(item.body))),
    remove: (thing) => audited(thing, 'a file that is gone', (maker) => maker.remove(thing.id))
  }
}

/** Undefined where there is no such thing. */
function attempt<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

function placeOf(id: string): [topic: string, id: string] {
  const slash = id.lastIndexOf('/')
  return [id.slice(0, slash), id.slice(slash + 1)]
}

/** The body as a client would send it. */
function jsonOf(body: LoadItem['body']): JsonObject {
  const parsed = parseJson(JSON.stringify(body)) as { readonly value: Json }
  return parsed.value as JsonObject
}
