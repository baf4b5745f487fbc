import { resultOf, type TestableService } from '../../alert/service-tests.ts'
import { FormedText, type TestOptions } from '../../alert/handlers/service-test.ts'
import { defineError } from '../../core/errors.ts'
import { compileGlob } from '../../core/glob.ts'
import { findMember, isJsonObject, type Json, jsonKindOf, JsonNumber, parseJson, plainOf } from '../../core/json.ts'
import { quote } from '../../core/print.ts'
import { compareBytes } from '../../model/bytes.ts'
import { compactJson, type JsonOutput } from '../../model/json.ts'
import { type App, BASE } from '../app.ts'
import { textOf } from '../body.ts'
import { asks } from '../changes.ts'
import { needs } from '../needs.ts'
import { queryOf } from '../query.ts'
import { expensive } from '../rate-limit.ts'

const PATH = `${BASE}/service-tests`

const BadPattern = defineError('TEST_PATTERN', 400, () => 'bad pattern: syntax error in pattern')
const NameMissing = defineError('TEST_NAME_MISSING', 400, () => 'must provide service name')
const ServiceUnknown = defineError('TEST_SERVICE_UNKNOWN', 404, (name: string) => `service ${quote(name)} not found`)
const BadBody = defineError('TEST_BODY', 400, (reason: string) => `failed to decode JSON body:${reason}`)

export interface TestServices {
  /** Service tests, in any order. */
  readonly serviceTests: readonly TestableService[]
}

export function serviceTestEndpoints(app: App, { serviceTests }: TestServices): void {
  const services = [...serviceTests].sort((a, b) => compareBytes(a.name, b.name))

  app.get(PATH, needs('read', 'alerts', 'config'), (request, reply) => {
    const pattern = queryOf(request).get('pattern') ?? ''
    const matches = pattern === '' ? () => true : compileGlob(pattern)
    if (matches === undefined) throw BadPattern()
    const found = services.filter(({ name }) => matches(name)).map(serviceJson)
    return reply.send(line({ link: link(PATH), services: found.length === 0 ? null : found }))
  })

  app.get(`${PATH}/*`, needs('read', 'alerts', 'config'), (request, reply) =>
    reply.send(line(serviceJson(serviceIn(services, request.params))))
  )

  app.post(`${PATH}/*`, expensive(asks('alerts')), async (request, reply) => {
    const service = serviceIn(services, request.params)
    const parsed = parseJson(textOf(request), 'stream')
    if (!parsed.ok) throw BadBody(parsed.message)
    const options = merged(service.options(), parsed.value, '') as TestOptions
    return reply.send(line(await resultOf(service.test(options))))
  })
}

function serviceIn(services: readonly TestableService[], params: unknown): TestableService {
  const name = (params as { '*': string })['*']
  if (name === '') throw NameMissing()
  const service = services.find((candidate) => candidate.name === name)
  if (service === undefined) throw ServiceUnknown(name)
  return service
}

function serviceJson({ name, options }: TestableService): JsonOutput {
  return { link: link(`${PATH}/${name}`), name, options: plain(options()) as JsonOutput }
}

function link(href: string): JsonOutput {
  return { rel: 'self', href }
}

function line(value: JsonOutput): string {
  return `${compactJson(value)}\n`
}

/**
 * What a client gives over the defaults, whose types it has to have, as Go decodes into a struct that is filled: null
 * and what is missing change nothing, unknown members are ignored. Objects inside take further ones.
 */
function merged(fallback: unknown, given: Json, path: string): unknown {
  if (given === null) return plain(fallback)
  if (fallback instanceof FormedText) {
    if (typeof given === 'string') {
      const problem = fallback.problemOf(given)
      if (problem !== undefined) throw BadBody(problem)
      return given
    }
    throw fallback.otherwise === undefined ? mismatch(given, path, fallback.goType) : BadBody(fallback.otherwise)
  }
  if (isTable(fallback)) {
    if (!isJsonObject(given)) throw mismatch(given, path, path === '' ? 'testOptions' : 'map[string]interface {}')
    const members = Object.entries(fallback).map(([name, value]) => {
      const inner = path === '' ? name : `${path}.${name}`
      return [name, merged(value, findMember(given, name) ?? null, inner)]
    })
    return { ...(path === '' ? {} : (plainOf(given) as object)), ...Object.fromEntries(members) }
  }
  if (fallback === null || Array.isArray(fallback)) {
    if (!Array.isArray(given)) throw mismatch(given, path, '[]string')
    return plainOf(given)
  }
  if (typeof fallback === 'number') {
    const value = given instanceof JsonNumber ? given.toInt() : undefined
    if (value === undefined) throw mismatch(given, path, 'int64')
    return Number(value)
  }
  if (typeof given !== typeof fallback) throw mismatch(given, path, typeof fallback === 'boolean' ? 'bool' : 'string')
  return given
}

/** Options as a client sees them. */
function plain(value: unknown): unknown {
  if (value instanceof FormedText) return value.text
  if (!isTable(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mismatch(given: Json, path: string, type: string): Error {
  const place = path === '' ? 'Go value' : `Go struct field testOptions.${path}`
  return BadBody(`json: cannot unmarshal ${jsonKindOf(given)} into ${place} of type ${type}`)
}
