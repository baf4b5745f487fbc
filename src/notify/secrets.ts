import { resolve } from 'node:path'
import type { SecretFiles } from '../config/secret-files.ts'
import { messageOf } from '../core/errors.ts'
import { isAlike, isTarget, type Secrecies, unmaskOptions } from '../core/secrecy.ts'
import type { ConfinedFiles } from './confined-files.ts'
import { InvalidDefinition, type Params, type PartDefinition } from './params.ts'

/**
 * Says on whose word a definition names files and variables of the server:
 * - `owner`: a file of whoever runs the server, which may name any.
 * - `client`: a client of the API, which may name variables that are meant for it, and files of the folder.
 * - `nobody`: nothing is read, and something else stands in the place of each secret. What is only looked at needs no
 *   more, and whoever asks for that learns nothing of the server's files and variables.
 */
export type Trust = 'owner' | 'client' | 'nobody'

/** Where the secrets of a definition may come from. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folder of the configuration. */
  readonly confined: ConfinedFiles
  readonly files: SecretFiles
  readonly trust: Trust
}

/** Variables that a client of the API may name: another one could be sent to a server of its choice. */
const OPEN_PREFIX = 'KAPOK_SECRET_'

/** Passes for any secret, that of a webhook included. */
const STAND_IN = 'http://secret'

/**
 * The definition with the secrets that `NAME_file` and `NAME_env` stand for.
 * @returns `references`, by the name of the secret, is what GET shows instead of it. Fails with NOTIFY_DEFINITION.
 */
export function readSecrets(
  type: string,
  params: Params,
  definition: PartDefinition,
  sources: SecretSources
): { readonly values: PartDefinition; readonly references: Readonly<Record<string, PartDefinition>> } {
  const values: Record<string, unknown> = { ...definition }
  const references: Record<string, PartDefinition> = {}
  for (const [name, suffix] of referencesIn(params, definition)) {
    const key = `${name}${suffix}`
    const reference = definition[key]
    if (typeof reference !== 'string') throw InvalidDefinition(`${type}: ${key}: bad type`)
    values[name] = sources.trust === 'nobody' ? STAND_IN : READERS[suffix](reference, sources, `${type}: ${key}`)
    references[name] = { [key]: reference }
  }
  return { values, references }
}

/** Whether what it does depends on files and variables that it names. */
export function hasReferences(params: Params | undefined, definition: PartDefinition): boolean {
  return params !== undefined && referencesIn(params, definition).length > 0
}

type Suffix = keyof typeof READERS

function referencesIn(params: Params, definition: PartDefinition): (readonly [name: string, suffix: Suffix])[] {
  const secrets = Object.keys(params).filter((name) => params[name]!.secrecy === 'secret')
  const all = secrets.flatMap((name) => SUFFIXES.map((suffix) => [name, suffix] as const))
  return all.filter(([name, suffix]) => definition[`${name}${suffix}`] !== undefined)
}

type Read = (reference: string, sources: SecretSources, context: string) => string

const READERS = { _file: readFile, _env: readVariable } as const satisfies Readonly<Record<string, Read>>
const SUFFIXES = Object.keys(READERS) as Suffix[]

function readFile(name: string, { confined, files, trust }: SecretSources, context: string): string {
  const path = trust === 'owner' ? resolve(confined.folder, name) : confined.locateSecret(name, context)
  try {
    return files.read(path)
  } catch (error) {
    throw InvalidDefinition(`${context}: ${messageOf(error)}`)
  }
}

function readVariable(name: string, { environment, trust }: SecretSources, context: string): string {
  if (trust !== 'owner' && !name.startsWith(OPEN_PREFIX)) {
    throw InvalidDefinition(`${context}: only variables that begin with ${OPEN_PREFIX} can be named over the API`)
  }
  const value = environment[name]
  if (value === undefined) throw InvalidDefinition(`${context}: ${name} is not set`)
  return value
}

/** Which options of a transport are secrets, by its type. */
export type SecreciesOf = (type: unknown) => Secrecies

/**
 * Puts the secrets that there were in the places of those that came back masked. Fails with NOTIFY_DEFINITION where
 * there are none, or where they would be sent to another address.
 */
export function unmask(
  definitions: readonly PartDefinition[],
  before: readonly PartDefinition[],
  secreciesOf: SecreciesOf
): PartDefinition[] {
  return definitions.map((definition, index) => {
    const fail = (problem: string): Error => InvalidDefinition(`${String(definition.type)}: ${problem}`)
    const old = findAlike(definition, index, before)
    return unmaskOptions(secreciesOf(definition.type), definition, old, fail)
  })
}

/** The transport that a definition takes the place of. */
function findAlike(
  { type, label }: PartDefinition,
  index: number,
  before: readonly PartDefinition[]
): PartDefinition | undefined {
  const hasName = (other: PartDefinition | undefined) => other?.type === type && other?.label === label
  return hasName(before[index]) ? before[index] : before.find(hasName)
}

/**
 * Whether all the files and variables of a definition stand in the one before it, too, beside the same addresses: then
 * a client may put them back though it may not name them. @param params undefined: the kind takes no references.
 */
export function keepsReferences(
  definition: PartDefinition,
  index: number,
  before: readonly PartDefinition[],
  params: Params | undefined
): boolean {
  const old = findAlike(definition, index, before)
  if (params === undefined || old === undefined) return false
  const names = Object.keys(params)
  const secrets = names.filter((name) => params[name]!.secrecy === 'secret')
  const references = secrets.flatMap((name) => SUFFIXES.map((suffix) => `${name}${suffix}`))
  const targets = names.filter((name) => isTarget(params[name]!.secrecy))
  return [...references, ...targets].every((name) => isAlike(definition[name], old[name]))
}
