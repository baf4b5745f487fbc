import type { Section } from '../../config/fields.ts'
import { Field, type Fields, List } from '../../config/fields.ts'
import { type Config, sections } from '../../config/sections.ts'
import type { AppError } from '../../core/errors.ts'
import { defineError } from '../../core/errors.ts'
import { formatGoDuration } from '../../core/duration.ts'
import { handlers } from '../../config/handlers.ts'
import { compactJson, type JsonOutput } from '../../model/json.ts'
import { type App, BASE } from '../app.ts'
import type { Services } from '../services.ts'

/**
 * The sections that Kapacitor lets clients override, to read.
 * Differs: nothing is overridden over HTTP; the files are the truth, and a change of them takes effect by itself.
 */
const PATH = `${BASE}/config`

const SectionMissing = defineError(
  'CONFIG_SECTION_MISSING',
  400,
  () => "section not specified, do you have an extra trailing '/'?"
)
const SectionUnknown = defineError('CONFIG_SECTION_UNKNOWN', 404, (name: string) => `unknown section: ${name}`)
const ElementUnknown = defineError(
  'CONFIG_ELEMENT_UNKNOWN',
  404,
  (section: string, element: string) => `unknown section/element: ${section}/${element}`
)
const OverridesOff = defineError('CONFIG_OVERRIDES_OFF', 403, () => 'config override service is not enabled')

export function configEndpoints(app: App, { config }: Pick<Services, 'config'>): void {
  app.get(PATH, (_request, reply) => {
    const shown = Object.keys(SHOWN).flatMap((name) => {
      const elements = elementsOf(config, name)
      return elements.length === 0 ? [] : [[name, { link: link(name), elements: elements.map(elementJson) }] as const]
    })
    return reply.send(`${compactJson({ link: { rel: 'self', href: PATH }, sections: new Map(shown) })}\n`)
  })

  app.get(`${PATH}/*`, (request, reply) => {
    const place = (request.params as { '*': string })['*']
    const [name = '', element] = place.split('/')
    if (name === '') throw SectionMissing()
    if (!Object.hasOwn(SHOWN, name)) throw SectionUnknown(name)
    const elements = elementsOf(config, name)
    if (element === undefined) {
      return reply.send(`${compactJson({ link: link(name), elements: elements.map(elementJson) })}\n`)
    }
    const found = elements.find(({ id }) => id === element)
    if (found === undefined) throw ElementUnknown(name, element)
    return reply.send(`${compactJson(elementJson(found))}\n`)
  })

  app.post(`${PATH}/*`, (): AppError => {
    throw OverridesOff()
  })
}

/** Sections by name, lists with the key that tells their elements apart. */
const LIST_KEYS: Readonly<Record<string, string>> = {
  influxdb: 'name',
  httppost: 'endpoint',
  discord: 'workspace',
  slack: 'workspace',
  kafka: 'id',
  mqtt: 'name'
}
const SHOWN: Fields = { influxdb: sections.influxdb, httppost: sections.httppost, ...handlers }

interface Element {
  readonly section: string
  /** '' for a section that is no list. */
  readonly id: string
  readonly fields: Fields
  readonly values: Readonly<Record<string, unknown>>
}

function elementsOf(config: Config, section: string): Element[] {
  const { fields } = SHOWN[section] as Section<Fields>
  const value = config[section as keyof Config]
  if (!Array.isArray(value)) return [{ section, id: '', fields, values: value as unknown as Element['values'] }]
  const key = LIST_KEYS[section]!
  return (value as Element['values'][]).map((values) => ({ section, id: String(values[key]), fields, values }))
}

function elementJson({ section, id, fields, values }: Element): JsonOutput {
  const secrets = Object.keys(fields).filter((name) => isSecret(fields[name]!))
  return {
    link: link(`${section}/${id}`),
    options: new Map(Object.keys(fields).map((name) => [name, optionJson(fields[name]!, values[name])])),
    redacted: secrets.length === 0 ? null : secrets.sort()
  }
}

type AnyField = Fields[string]

/** A section with a secret in it is one as a whole. */
function isSecret(field: AnyField): boolean {
  return field instanceof Field ? field.isSecret : Object.values(field.fields as Fields).some(isSecret)
}

function optionJson(field: AnyField, value: unknown): JsonOutput {
  if (isSecret(field)) return isSet(value)
  if (!(field instanceof Field)) return field instanceof List ? [] : {}
  return field.kind === 'duration' ? formatGoDuration(value as bigint) : (value as JsonOutput)
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.values(value).some(isSet) : value !== ''
}

function link(place: string): JsonOutput {
  return { rel: 'self', href: `${PATH}/${place}` }
}
