import { COMMON_SCHEMA } from '../filters/common.ts'
import type { FilterKind } from '../filters/filter.ts'
import { type Definition, ID, schemaOfParams } from '../params.ts'
import type { TransportKind } from '../transports/transport.ts'

/** JSON Schemas of what is in files, made from the parameters of the kinds. Unknown keys are refused. */
export interface NotifySchemas {
  /** Of one filter, by its type. */
  readonly filters: ReadonlyMap<string, Definition>
  /** Of one transport, by its type. */
  readonly transports: ReadonlyMap<string, Definition>
}

export function notifySchemas(filters: readonly FilterKind[], transports: readonly TransportKind[]): NotifySchemas {
  return {
    filters: new Map(filters.map((kind) => [kind.type, filterSchema(kind)])),
    transports: new Map(transports.map((kind) => [kind.type, transportSchema(kind)]))
  }
}

/** What editors and pull requests check a file of `filters/` by. */
export function filterFileSchema({ filters }: NotifySchemas): Definition {
  return {
    $schema: DRAFT,
    title: 'A file of filters: one, whose id is the name of the file where it says none, or a list.',
    oneOf: [
      ...[...filters.keys()].map(reference),
      { type: 'array', items: { oneOf: [...filters.keys()].map(reference), required: ['id'] } }
    ],
    definitions: Object.fromEntries(filters)
  }
}

/** The same for a file of `routes/`. */
export function routeFileSchema({ transports }: NotifySchemas): Definition {
  return {
    $schema: DRAFT,
    title: 'A route, whose id is the name of the file: the list of its transports.',
    type: 'array',
    items: { oneOf: [...transports.keys()].map(reference) },
    definitions: Object.fromEntries(transports)
  }
}

const DRAFT = 'http://json-schema.org/draft-07/schema#'

function reference(type: string): Definition {
  return { $ref: `#/definitions/${type}` }
}

function filterSchema({ type, summary, params }: FilterKind): Definition {
  const { properties, required } = schemaOfParams(params)
  return {
    description: summary,
    type: 'object',
    properties: {
      type: { const: type },
      id: { type: 'string', pattern: ID.source, description: 'Default: the name of the file.' },
      ...COMMON_SCHEMA,
      ...properties
    },
    required: ['type', ...required],
    additionalProperties: false
  }
}

/** Options of handlers of topics are checked by the handler. */
function transportSchema({ type, summary, params }: TransportKind): Definition {
  const { properties, required } = schemaOfParams(params ?? {})
  return {
    description: summary,
    type: 'object',
    properties: { type: { const: type }, ...properties },
    required: ['type', ...required],
    ...(params !== undefined && { additionalProperties: false })
  }
}
