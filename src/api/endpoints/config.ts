import type { FastifyRequest } from 'fastify'
import { Field, type Fields, isUnset, List } from '../../core/fields.ts'
import { type Element, fieldsOf, isOverridable, overridable } from '../../config/overridable.ts'
import { type ConfigOverrides, type ConfigUpdate, ElementUnknown } from '../../config/overrides.ts'
import { holdsSecret, isSet } from '../../config/secrets.ts'
import type { Raw } from '../../config/check.ts'
import { formatGoDuration } from '../../core/duration.ts'
import { defineError } from '../../core/errors.ts'
import {
  findMember,
  isJsonObject,
  type Json,
  jsonKindOf,
  type JsonObject,
  parseJson,
  plainOf
} from '../../core/json.ts'
import { compareBytes } from '../../model/bytes.ts'
import { compactJson, type JsonOutput } from '../../model/json.ts'
import { type App, BASE } from '../app.ts'
import { textOf } from '../body.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { needs } from '../needs.ts'

/** The sections that clients may override, to read and to change. */
const PATH = `${BASE}/config`

const SectionMissing = defineError(
  'CONFIG_SECTION_MISSING',
  400,
  () => "section not specified, do you have an extra trailing '/'?"
)
const SectionUnknown = defineError('CONFIG_SECTION_UNKNOWN', 404, (name: string) => `unknown section: ${name}`)
const OverridesOff = defineError('CONFIG_OVERRIDES_OFF', 403, () => 'config override service is not enabled')
const BadBody = defineError('CONFIG_BODY', 400, (reason: string) => `failed to decode JSON:${reason}`)

export interface ConfigServices {
  readonly overrides: ConfigOverrides
}

export function configEndpoints(app: App, { overrides }: ConfigServices): void {
  const refuseUnlessEnabled = (): void => {
    if (!overrides.isEnabled) throw OverridesOff()
  }

  const elementsIn = (section: string): Element[] =>
    overrides.elements(section).sort((a, b) => compareBytes(a.id, b.id))

  app.get(PATH, needs('config'), (_request, reply) => {
    refuseUnlessEnabled()
    const shown = Object.keys(overridable).flatMap((section) => {
      const elements = elementsIn(section)
      return elements.length === 0 ? [] : [[section, sectionJson(section, elements)] as const]
    })
    return reply.send(`${compactJson({ link: { rel: 'self', href: PATH }, sections: new Map(shown) })}\n`)
  })

  app.get(`${PATH}/*`, needs('config'), (request, reply) => {
    refuseUnlessEnabled()
    const { section, element } = placeOf(request.params)
    if (section === '') throw SectionMissing()
    if (!isOverridable(section)) throw SectionUnknown(section)
    const elements = elementsIn(section)
    if (element === undefined) return reply.send(`${compactJson(sectionJson(section, elements))}\n`)
    const found = elements.find(({ id }) => id === element)
    if (found === undefined) throw ElementUnknown(section, element)
    return reply.send(`${compactJson(elementJson(section, found))}\n`)
  })

  /** Secrets are only told to be there or not: a changed one is a change without a member. */
  const changeIn = ({ params }: FastifyRequest): ChangedThing => {
    const { section, element } = placeOf(params)
    const elements = () => overrides.elements(section).filter(({ id }) => element === undefined || id === element)
    const id = element === undefined || element === '' ? section : `${section}/${element}`
    return { kind: 'config', id, read: () => elements().map((found) => elementJson(section, found)) }
  }

  app.post(`${PATH}/*`, changes('config', changeIn), async (request, reply) => {
    refuseUnlessEnabled()
    const parsed = parseJson(textOf(request), 'stream')
    if (!parsed.ok) throw BadBody(parsed.message)
    await overrides.update(updateOf(placeOf(request.params), parsed.value))
    return reply.code(204).send()
  })
}

type OverridePlace = Pick<ConfigUpdate, 'section' | 'element'>

/** `SECTION`, `SECTION/`, `SECTION/ELEMENT`. */
function placeOf(params: unknown): OverridePlace {
  const path = (params as { '*': string })['*']
  const at = path.indexOf('/')
  return at < 0 ? { section: path, element: undefined } : { section: path.slice(0, at), element: path.slice(at + 1) }
}

function updateOf(place: OverridePlace, body: Json): ConfigUpdate {
  if (body === null) return { ...place, set: {}, delete: [], add: {}, remove: [] }
  if (!isJsonObject(body)) throw mismatch(body, 'Go value of type config.updateAction')
  return {
    ...place,
    set: mapIn(body, 'set'),
    delete: textsIn(body, 'delete'),
    add: mapIn(body, 'add'),
    remove: textsIn(body, 'remove')
  }
}

function mapIn(body: JsonObject, name: string): Raw {
  const map = findMember(body, name) ?? null
  if (map === null) return {}
  if (!isJsonObject(map)) throw mismatch(map, `Go struct field updateAction.${name} of type map[string]interface {}`)
  return plainOf(map) as Raw
}

function textsIn(body: JsonObject, name: string): string[] {
  const list = findMember(body, name) ?? []
  if (!Array.isArray(list)) throw mismatch(list, `Go struct field updateAction.${name} of type []string`)
  return (list as readonly Json[]).map((element) => {
    if (typeof element !== 'string') throw mismatch(element, `Go struct field updateAction.${name} of type string`)
    return element
  })
}

function mismatch(given: Json, target: string): Error {
  return BadBody(`json: cannot unmarshal ${jsonKindOf(given)} into ${target}`)
}

function sectionJson(section: string, elements: readonly Element[]): JsonOutput {
  return { link: link(section), elements: elements.map((element) => elementJson(section, element)) }
}

function elementJson(section: string, { id, values }: Element): JsonOutput {
  const fields = fieldsOf(section)
  const secrets = Object.keys(fields).filter((name) => holdsSecret(fields[name]!))
  return {
    link: link(`${section}/${id}`),
    options: new Map(Object.keys(fields).map((name) => [name, optionJson(fields[name]!, values[name])])),
    redacted: secrets.length === 0 ? null : secrets
  }
}

type AnyField = Fields[string]

function optionJson(field: AnyField, value: unknown): JsonOutput {
  if (holdsSecret(field)) return isSet(value)
  if (isUnset(value)) return null
  if (!(field instanceof Field)) return field instanceof List ? [] : {}
  return field.kind === 'duration' ? formatGoDuration(value as bigint) : (field.shown(value) as JsonOutput)
}

function link(place: string): JsonOutput {
  return { rel: 'self', href: `${PATH}/${place}` }
}
