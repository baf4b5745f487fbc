import type { FastifyRequest } from 'fastify'
import { defineError } from '../../core/errors.ts'
import { formatInstant } from '../../core/instant.ts'
import type { JsonObject } from '../../core/json.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { TemplateRecord } from '../../store/templates.ts'
import type { TemplateRequest, TemplateService } from '../../tasks/templates.ts'
import { type App, BASE } from '../app.ts'
import { objectOf, textMember, wordMember } from '../body.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { needs } from '../needs.ts'
import { choiceOf, fieldsOf, page, pagingOf, queryOf } from '../query.ts'
import type { Services } from '../services.ts'
import { expensive } from '../rate-limit.ts'

const PATH = `${BASE}/templates`

const TemplateIdMissing = defineError('TEMPLATE_ID_MISSING', 400, () => 'must specify template id on path')

export function templateEndpoints(app: App, { templates }: Pick<Services, 'templates'>): void {
  app.get(PATH, needs('read', 'tasks'), (request) => {
    const query = queryOf(request)
    const format = formatOf(query)
    const found = page(templates.all, pagingOf(query))
    if (found.length === 0) return { templates: [] }
    const names = fieldsOf(query, FIELDS, DEFAULT_FIELDS)
    return { templates: found.map((template) => pick(templates, template, format, names)) }
  })

  const changeOf = (id: string): ChangedThing => ({
    ...{ kind: 'template', id },
    read: (known) => ({ script: templates.get(known).script })
  })
  const changeIn = (request: FastifyRequest): ChangedThing => changeOf(idOf(request))

  app.post(PATH, expensive(changes('tasks', () => changeOf(''))), async (request) =>
    resource(templates, await templates.create(requestOf(request)))
  )

  app.get(`${PATH}/*`, needs('read', 'tasks'), (request) => {
    const template = templates.get(idOf(request))
    return resource(templates, template, formatOf(queryOf(request)))
  })

  app.patch(`${PATH}/*`, expensive(changes('tasks', changeIn)), async (request) => {
    const id = idOf(request)
    return resource(templates, await templates.patch(id, requestOf(request)))
  })

  app.delete(`${PATH}/*`, changes('tasks', changeIn), async (request, reply) => {
    await templates.remove(idOf(request))
    return reply.code(204).send()
  })
}

type ScriptFormat = 'formatted' | 'raw'

const formatOf = (query: URLSearchParams): ScriptFormat => choiceOf(query, 'script-format', ['formatted', 'raw'])

type Member = (template: TemplateRecord, templates: TemplateService, format: ScriptFormat) => JsonOutput

/** Members of a template, in the order of single answers. */
const MEMBERS: Readonly<Record<string, Member>> = {
  link: ({ id }) => ({ rel: 'self', href: `${PATH}/${id}` }),
  id: ({ id }) => id,
  type: ({ type }) => type,
  script: (template, templates, format) => (format === 'raw' ? template.script : templates.formattedScript(template)),
  vars: (template, templates) => new Map(Object.entries(templates.vars(template))),
  dot: (template, templates) => templates.dot(template),
  error: ({ error }) => error,
  created: ({ created }) => formatInstant(created),
  modified: ({ modified }) => formatInstant(modified)
}

const FIELDS: ReadonlySet<string> = new Set(Object.keys(MEMBERS))
const DEFAULT_FIELDS = [...FIELDS].filter((name) => name !== 'vars')

function resource(templates: TemplateService, template: TemplateRecord, format: ScriptFormat = 'formatted'): object {
  return pick(templates, template, format, FIELDS)
}

function pick(
  templates: TemplateService,
  template: TemplateRecord,
  format: ScriptFormat,
  names: Iterable<string>
): object {
  return Object.fromEntries([...names].map((name) => [name, MEMBERS[name]!(template, templates, format)]))
}

function idOf(request: FastifyRequest): string {
  const id = (request.params as { '*': string })['*']
  if (id === '') throw TemplateIdMissing()
  return id
}

function requestOf(request: FastifyRequest): TemplateRequest {
  return readTemplateRequest(objectOf(request))
}

/** What a client, or a file of the load directory, says of a template. Fails with INVALID_JSON. */
export function readTemplateRequest(body: JsonObject): TemplateRequest {
  wordMember(body, 'type', ['stream', 'batch']) // Read and ignored: the script says what it is.
  return { id: textMember(body, 'id'), script: textMember(body, 'script') }
}
