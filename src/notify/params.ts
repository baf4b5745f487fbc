import { defineError } from '../core/errors.ts'
import { didYouMean } from '../core/nearest.ts'
import { maskOptions, type Secrecies, type Secrecy } from '../core/secrecy.ts'

/**
 * Parameters of filters and transports: described once, with docs, default and limits, and read by kkok's rules, in
 * its words. The JSON Schema of a kind and the form that GET shows follow from the same description.
 */
export const InvalidDefinition = defineError('NOTIFY_DEFINITION', 400, (detail: string) => detail)

/** A definition as JSON has it. */
export type PartDefinition = Readonly<Record<string, unknown>>

export interface Param<T> {
  readonly docs: string
  /** undefined: has to be there. */
  readonly fallback: T | undefined
  readonly schema: PartDefinition
  /** Shown though it is empty. */
  readonly isShown: boolean
  /** What the parameter is to whoever must not know secrets. */
  readonly secrecy: Secrecy
  /** A text in JavaScript. */
  readonly isProgram: boolean
  /** @param value Not undefined. @returns undefined for a value of another type. */
  read(value: unknown): T | undefined
}

export type Params = Readonly<Record<string, Param<unknown>>>
export type OptionsOf<P extends Params> = { readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never }

interface Extras {
  readonly isShown?: boolean
  readonly isRequired?: boolean
  /** Default: open. */
  readonly secrecy?: Secrecy
  readonly isProgram?: boolean
}

function define<T>(
  docs: string,
  fallback: T,
  schema: PartDefinition,
  read: (value: unknown) => T | undefined,
  { isShown = false, isRequired = false, secrecy = 'open', isProgram = false }: Extras
): Param<T> {
  return { docs, fallback: isRequired ? undefined : fallback, schema, isShown, secrecy, isProgram, read }
}

const readText = (value: unknown) => (value === null ? '' : typeof value === 'string' ? value : undefined)
const readTexts = (value: unknown): readonly string[] | undefined => {
  if (value === null) return []
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
}

export const param = {
  text: (docs: string, fallback = '', extras: Extras = {}) =>
    define(docs, fallback, { type: 'string' }, readText, extras),
  /** JavaScript: what it is over is the matter of whoever runs it. */
  program: (docs: string, extras: Extras = {}) =>
    define(docs, '', { type: 'string' }, readText, { ...extras, isProgram: true }),
  /** May come from a file or from the environment, by NAME_file or NAME_env. */
  secret: (docs: string, extras: Extras = {}) =>
    define(docs, '', { type: 'string' }, readText, { ...extras, secrecy: 'secret' }),
  flag: (docs: string, extras: Extras = {}) =>
    define(
      docs,
      false,
      { type: 'boolean' },
      (value) => (value === null ? false : typeof value === 'boolean' ? value : undefined),
      extras
    ),
  int: (docs: string, fallback: number, extras: Extras = {}) =>
    define(docs, fallback, { type: 'integer' }, (value) => (Number.isInteger(value) ? (value as number) : undefined), {
      isShown: true,
      ...extras
    }),
  number: (docs: string, fallback: number, extras: Extras = {}) =>
    define(docs, fallback, { type: 'number' }, (value) => (typeof value === 'number' ? value : undefined), {
      isShown: true,
      ...extras
    }),
  texts: (docs: string, extras: Extras = {}) =>
    define<readonly string[]>(docs, [], { type: 'array', items: { type: 'string' } }, readTexts, extras),
  /** A program and its arguments. Has to be there; what it must look like is checked by its user. */
  command: (docs: string) =>
    define<readonly string[]>(
      docs,
      [],
      { type: 'array', items: { type: 'string' }, minItems: 1 },
      (value) => (value === null ? undefined : readTexts(value)),
      { isRequired: true, isShown: true }
    )
} as const

/** How a kind words that the parameter `name` is not right: kinds differ in the prefix. */
export type Wording = (name: string, problem: string) => string

/** Fails with NOTIFY_DEFINITION. */
export function readParams<P extends Params>(params: P, given: PartDefinition, words: Wording): OptionsOf<P> {
  const entries = Object.entries(params).map(([name, one]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined && one.fallback === undefined) throw InvalidDefinition(words(name, 'not found'))
    const option = value === undefined ? one.fallback : one.read(value)
    if (option === undefined) throw InvalidDefinition(words(name, 'bad type'))
    return [name, option]
  })
  return Object.fromEntries(entries) as OptionsOf<P>
}

/** What GET shows of them: those that say something, secrets masked, no list as null. */
export function showParams(params: Params, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const masked = maskOptions(secreciesOf(params), options)
  const shown = Object.entries(params).flatMap(([name, { isShown }]) => {
    const value = masked[name]
    const isEmpty = value === '' || value === false || value === 0 || (Array.isArray(value) && value.length === 0)
    if (isEmpty && !isShown) return []
    return [[name, isEmpty && Array.isArray(value) ? null : value]]
  })
  return Object.fromEntries(shown) as Record<string, unknown>
}

/** The parameters that are texts in JavaScript. */
export function programsOf(params: Params): string[] {
  return Object.keys(params).filter((name) => params[name]!.isProgram)
}

export function secreciesOf(params: Params): Secrecies {
  return Object.fromEntries(Object.entries(params).map(([name, { secrecy }]) => [name, secrecy]))
}

/** JSON Schema of the members that describe a thing of some kind. */
export function schemaOfParams(params: Params): { properties: Record<string, PartDefinition>; required: string[] } {
  const properties: Record<string, PartDefinition> = {}
  for (const [name, { docs, schema, fallback, secrecy }] of Object.entries(params)) {
    const isSecret = secrecy === 'secret'
    properties[name] = {
      description: docs,
      ...schema,
      ...(fallback === undefined || isSecret ? {} : { default: fallback })
    }
    if (!isSecret) continue
    properties[`${name}_file`] = { description: `File that holds ${name}.`, type: 'string' }
    properties[`${name}_env`] = { description: `Environment variable that holds ${name}.`, type: 'string' }
  }
  const isNeeded = ([, { fallback, secrecy }]: [string, Param<unknown>]) =>
    fallback === undefined && secrecy !== 'secret'
  return {
    properties,
    required: Object.entries(params)
      .filter(isNeeded)
      .map(([name]) => name)
  }
}

/** Keys of a definition that mean nothing, each in a sentence. @param others Known ones that are no parameters. */
export function unknownKeys(
  params: Params,
  others: readonly string[],
  definition: PartDefinition,
  what: string
): string[] {
  const known = [...Object.keys(schemaOfParams(params).properties), ...others]
  return Object.keys(definition)
    .filter((key) => key !== 'type' && !known.includes(key))
    .map((key) => `unknown key ${JSON.stringify(key)} in ${what}${didYouMean(key, known)}`)
}

export const ID = /^[a-zA-Z0-9_-]+$/
