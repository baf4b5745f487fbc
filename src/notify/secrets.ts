import { readFileSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'
import { isAlike, isTarget, type Secrecies, unmaskOptions } from '../core/secrecy.ts'
import type { ConfinedFiles } from './confined-files.ts'
import { type Definition, InvalidDefinition, type Params } from './params.ts'

/** Where the secrets of a definition may come from. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly files: ConfinedFiles
  /** Written by who runs the server, not by a client of the API: any file and variable may be named. */
  readonly isTrusted: boolean
}

/** Variables that a client of the API may name: another one could be sent to a server of its choice. */
const OPEN_PREFIX = 'KAPOK_SECRET_'

/**
 * The definition with the secrets that `NAME_file` and `NAME_env` stand for.
 * @returns `references`, by the name of the secret, is what GET shows instead of it. Fails with NOTIFY_DEFINITION.
 */
export function readSecrets(
  type: string,
  params: Params,
  definition: Definition,
  sources: SecretSources
): { readonly values: Definition; readonly references: Readonly<Record<string, Definition>> } {
  const values: Record<string, unknown> = { ...definition }
  const references: Record<string, Definition> = {}
  for (const name of Object.keys(params).filter((one) => params[one]!.secrecy === 'secret')) {
    for (const [suffix, read] of READERS) {
      const key = `${name}${suffix}`
      const reference = definition[key]
      if (reference === undefined) continue
      if (typeof reference !== 'string') throw InvalidDefinition(`${type}: ${key}: bad type`)
      values[name] = read(reference, sources, `${type}: ${key}`)
      references[name] = { [key]: reference }
    }
  }
  return { values, references }
}

type Read = (reference: string, sources: SecretSources, context: string) => string

const READERS: readonly (readonly [suffix: string, read: Read])[] = [
  ['_file', (path, sources, context) => readFile(path, sources, context).replace(/\r?\n$/, '')],
  ['_env', readVariable]
]

function readFile(path: string, { files, isTrusted }: SecretSources, context: string): string {
  if (!isTrusted || !path.startsWith('/')) return files.read(path, context)
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw InvalidDefinition(`${context}: ${messageOf(error)}`)
  }
}

function readVariable(name: string, { environment, isTrusted }: SecretSources, context: string): string {
  if (!isTrusted && !name.startsWith(OPEN_PREFIX)) {
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
  definitions: readonly Definition[],
  before: readonly Definition[],
  secreciesOf: SecreciesOf
): Definition[] {
  return definitions.map((definition, index) => {
    const fail = (problem: string): Error => InvalidDefinition(`${String(definition.type)}: ${problem}`)
    const old = findAlike(definition, index, before)
    return unmaskOptions(secreciesOf(definition.type), definition, old, fail)
  })
}

/** The transport that a definition takes the place of. */
function findAlike({ type, label }: Definition, index: number, before: readonly Definition[]): Definition | undefined {
  const hasName = (other: Definition | undefined) => other?.type === type && other?.label === label
  return hasName(before[index]) ? before[index] : before.find(hasName)
}

/**
 * Whether all the files and variables of a definition stand in the one before it, too, beside the same addresses: then
 * a client may put them back though it may not name them. @param params undefined: the kind takes no references.
 */
export function keepsReferences(
  definition: Definition,
  index: number,
  before: readonly Definition[],
  params: Params | undefined
): boolean {
  const old = findAlike(definition, index, before)
  if (params === undefined || old === undefined) return false
  const names = Object.keys(params)
  const secrets = names.filter((name) => params[name]!.secrecy === 'secret')
  const references = secrets.flatMap((name) => READERS.map(([suffix]) => `${name}${suffix}`))
  const targets = names.filter((name) => isTarget(params[name]!.secrecy))
  return [...references, ...targets].every((name) => isAlike(definition[name], old[name]))
}
