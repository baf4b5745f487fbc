import type { Shape } from '../../config/references.ts'
import { fileKeyOf } from '../../core/fields.ts'
import { type Secrecies, secretsOf } from '../../core/secrecy.ts'
import { COMMON_SCHEMA } from '../filters/common.ts'
import type { FilterKind } from '../filters/filter.ts'
import { ID, type PartDefinition, programsOf, schemaOfParams } from '../params.ts'
import type { TransportKind } from '../transports/transport.ts'

/** What can be in files, made from the parameters of the kinds. */
export interface NotifySchemas {
  /** Schema of one filter, by its type. */
  readonly filters: ReadonlyMap<string, PartSchema>
  /** Schema of one transport, by its type. */
  readonly transports: ReadonlyMap<string, PartSchema>
}

/** A filter, or a transport of a route. */
export interface PartSchema {
  /** JSON Schema. Unknown keys are refused. */
  readonly schema: PartDefinition
  /** What its keys are to references. */
  readonly shape: Shape
}

export function notifySchemas(filters: readonly FilterKind[], transports: readonly TransportKind[]): NotifySchemas {
  return {
    filters: new Map(
      filters.map((kind) => [kind.type, partOf(filterSchema(kind), ['if', ...programsOf(kind.params)], {})])
    ),
    transports: new Map(
      transports.map(({ params, secrecies, ...kind }) => {
        const schema = transportSchema({ ...kind, params, secrecies })
        // Parameters have NAME_file, which is resolved when a transport is opened.
        return [kind.type, partOf(schema, programsOf(params ?? {}), params === undefined ? secrecies : {})]
      })
    )
  }
}

function partOf(schema: PartDefinition, programs: readonly string[], secrecies: Secrecies): PartSchema {
  const scalars = Object.entries(schema.properties as Readonly<Record<string, { readonly type?: unknown }>>).flatMap(
    ([name, { type }]) => (typeof type === 'string' && type in KINDS ? [[name, KINDS[type]!] as const] : [])
  )
  return { schema, shape: { programs: new Set(programs), scalars: new Map(scalars), secrecies } }
}

/** Numbers and switches: of JSON Schema, as fields of the configuration call them. */
const KINDS: Readonly<Record<string, string>> = { integer: 'int', number: 'float', boolean: 'flag' }

/** What editors and pull requests check a file of `filters/` by. */
export function filterFileSchema({ filters }: NotifySchemas): PartDefinition {
  return {
    $schema: DRAFT,
    title: 'A file of filters: one, whose id is the name of the file where it says none, or a list.',
    oneOf: [
      ...[...filters.keys()].map(reference),
      { type: 'array', items: { oneOf: [...filters.keys()].map(reference), required: ['id'] } }
    ],
    definitions: definitionsOf(filters)
  }
}

/** Schema of a file of `routes/`. */
export function routeFileSchema({ transports }: NotifySchemas): PartDefinition {
  return {
    $schema: DRAFT,
    title: 'A route, whose id is the name of the file: the list of its transports.',
    type: 'array',
    items: { oneOf: [...transports.keys()].map(reference) },
    definitions: definitionsOf(transports)
  }
}

const DRAFT = 'http://json-schema.org/draft-07/schema#'

function definitionsOf(parts: ReadonlyMap<string, PartSchema>): PartDefinition {
  return Object.fromEntries([...parts].map(([type, { schema }]) => [type, schema]))
}

function reference(type: string): PartDefinition {
  return { $ref: `#/definitions/${type}` }
}

function filterSchema({ type, summary, params }: FilterKind): PartDefinition {
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
function transportSchema({ type, summary, params, secrecies }: Omit<TransportKind, 'open'>): PartDefinition {
  const { properties, required } = schemaOfParams(params ?? {})
  return {
    description: summary,
    type: 'object',
    properties: { type: { const: type }, ...properties, ...(params === undefined && fileProperties(secrecies)) },
    required: ['type', ...required],
    ...(params !== undefined && { additionalProperties: false })
  }
}

function fileProperties(secrecies: Secrecies): PartDefinition {
  const entries = secretsOf(secrecies).map((name) => [
    fileKeyOf(name),
    { description: `File that holds ${name}; read anew when it changes.`, type: 'string' }
  ])
  return Object.fromEntries(entries) as PartDefinition
}
