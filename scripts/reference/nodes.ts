import { formatDuration } from '../../src/core/duration.ts'
import {
  CallProperty,
  type Example,
  FlagProperty,
  HandlerProperty,
  type HandlerSpec,
  type NodeSpec,
  Param,
  type Params,
  type Properties,
  type Property
} from '../../src/graph/spec.ts'
import type { EdgeType } from '../../src/graph/link.ts'
import { block, code, join, page, table } from './markdown.ts'

export function nodesPage(specs: readonly NodeSpec[]): string {
  const sorted = specs.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const overview = sorted.map((spec) => [`[${spec.name}](#${spec.name.toLowerCase()})`, spec.summary])
  return page(
    'Nodes',
    'Every node, in the order of the alphabet. Each also has the property `.quiet()`: it logs no errors of points.',
    [table(['Node', 'What it does'], overview), ...sorted.map(nodeSection)]
  )
}

function nodeSection(spec: NodeSpec): string {
  const handlers = Object.values(spec.properties).filter((property) => property instanceof HandlerProperty)
  return join([
    `## ${spec.name}`,
    spec.summary,
    `${code(callOf(`|${spec.name}`, spec.args))} ${flowOf(spec)}`,
    ...memberTables(spec.args, spec.properties),
    ...spec.examples.map(exampleText),
    ...(handlers.length === 0 ? [] : ['### Handlers', ...handlers.map(({ handler }) => handlerSection(handler))])
  ])
}

function flowOf({ wants, provides, offeredBy }: NodeSpec): string {
  const edges: Record<EdgeType | 'either', string> = {
    stream: 'a stream',
    batch: 'batches',
    either: 'a stream or batches'
  }
  const gives =
    provides === 'none' ? 'passes nothing on' : `gives ${provides === 'same' ? 'the same' : edges[provides]}`
  const flow = `takes ${edges[wants]} and ${gives}.`
  if (typeof offeredBy === 'string') return flow
  return offeredBy.length === 0
    ? `${flow} A script cannot chain it to a node.`
    : `${flow} It follows ${offeredBy.map(code).join(' or ')} only.`
}

function handlerSection({ name, summary, args, properties }: HandlerSpec): string {
  return join([`#### ${name}`, summary, code(callOf(`.${name}`, args)), ...memberTables(args, properties)])
}

function memberTables(args: Params, properties: Properties): string[] {
  const argumentRows = Object.entries(args).map(([name, param]) => [code(name), param.type, param.docs])
  const propertyRows = Object.entries(properties)
    .filter(([, property]) => !(property instanceof HandlerProperty))
    .map(([name, property]) => [code(signatureOf(name, property)), defaultOf(property), docsOf(property)])
  return [
    table(['Argument', 'Type', 'Meaning'], argumentRows),
    table(['Property', 'Default', 'Meaning'], propertyRows)
  ].filter((text) => text !== '')
}

function callOf(name: string, params: Params): string {
  return `${name}(${Object.entries(params)
    .map(([param, { isRest }]) => (isRest ? `${param}…` : param))
    .join(', ')})`
}

function signatureOf(name: string, property: Property<unknown>): string {
  if (property instanceof FlagProperty) return `.${name}()`
  if (property instanceof Param) return `.${name}(${property.type})`
  const { params, isList } = property as CallProperty<unknown>
  return isList ? `.${name}(${Object.values(params)[0]!.type}…)` : callOf(`.${name}`, params)
}

function docsOf(property: Property<unknown>): string {
  if (!(property instanceof CallProperty)) return property.docs
  const params = property.isList
    ? []
    : Object.entries(property.params).map(([name, { type, docs }]) => `${code(name)} (${type}): ${docs}`)
  const repeats = property.isAll ? ['May be given several times.'] : []
  return [property.docs, ...params, ...repeats].join(' ')
}

function defaultOf(property: Property<unknown>): string {
  if (property instanceof FlagProperty || property instanceof HandlerProperty) return ''
  if (property instanceof Param && property.fallbackArg !== undefined) return `that of ${code(property.fallbackArg)}`
  return valueText(property.fallback)
}

function valueText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  if (typeof value === 'bigint') return code(formatDuration(value))
  if (typeof value === 'string') return code(`'${value}'`)
  if (typeof value === 'boolean') return code(value ? 'TRUE' : 'FALSE')
  return code(Array.isArray(value) ? value.map(String).join(', ') : String(value))
}

function exampleText({ script, input, output }: Example): string {
  return join([
    block('js', script.trim()),
    `Points in, and what comes out:`,
    block('', `${input.trim()}\n\n${output.trim() === '' ? '(nothing)' : output.trim()}`)
  ])
}
