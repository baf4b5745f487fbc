import { COMMON_SCHEMA } from '../../src/notify/filters/common.ts'
import type { FilterKind } from '../../src/notify/filters/filter.ts'
import type { Params, PartDefinition } from '../../src/notify/params.ts'
import type { TransportKind } from '../../src/notify/transports/transport.ts'
import { code, join, page, table } from './markdown.ts'

const INTRO =
  'What stands in the files below `filters/` and `routes/`, and in the bodies of `PUT /filters/ID` and ' +
  '`PUT /routes/ID`: a filter is an object, a route is a list of transports.'

export function notifyPage(filters: readonly FilterKind[], transports: readonly TransportKind[]): string {
  const own = transports.filter(({ params }) => params !== undefined)
  const handlers = transports.filter(({ params }) => params === undefined)
  return page('Filters and routes', INTRO, [
    '## Filters',
    'They run one after the other over each batch of alerts. Every filter has:',
    table(['Key', 'Type', 'Meaning'], commonRows()),
    ...filters.map(({ type, summary, params }) => kindSection(type, summary, params)),
    '## Transports',
    'A secret may also come from the environment, by `KEY_env`, or from a file, by `KEY_file`.',
    ...own.map(({ type, summary, params }) => kindSection(type, summary, params!)),
    '### Handlers of topics',
    'Every kind of handler that a topic can have is a transport, too, with the options of the ' +
      `[handler](nodes.md#handlers), and \`label\`: ${handlers.map(({ type }) => code(type)).join(', ')}.`
  ])
}

function kindSection(type: string, summary: string, params: Params): string {
  const rows = Object.entries(params).map(([key, { docs, fallback, schema, secrecy }]) => [
    code(key),
    typeOf(schema),
    fallback === undefined ? 'required' : valueOf(fallback),
    secrecy === 'secret' ? `${docs} Secret.` : docs
  ])
  return join(
    [`### ${type}`, summary, table(['Key', 'Type', 'Default', 'Meaning'], rows)].filter((part) => part !== '')
  )
}

function commonRows(): string[][] {
  return Object.entries(COMMON_SCHEMA as Readonly<Record<string, PartDefinition>>).map(([key, schema]) => [
    code(key),
    typeOf(schema),
    String(schema.description)
  ])
}

function typeOf({ type }: PartDefinition): string {
  return [type].flat().join(' or ')
}

function valueOf(value: unknown): string {
  return value === '' || value === false || (Array.isArray(value) && value.length === 0) ? '' : code(String(value))
}
