import { readFileSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'
import type { ConfinedFiles } from './confined-files.ts'
import { type Definition, InvalidDefinition, MASK, type Params } from './params.ts'

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
  for (const name of Object.keys(params).filter((one) => params[one]!.isSecret)) {
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

/** Puts the secrets that there were in the places of those that came back masked. Fails with NOTIFY_DEFINITION. */
export function unmask(definitions: readonly Definition[], before: readonly Definition[]): Definition[] {
  return definitions.map((definition, index) => {
    if (!Object.values(definition).includes(MASK)) return definition
    const isAlike = (other: Definition | undefined) =>
      other?.type === definition.type && other?.label === definition.label
    const old = isAlike(before[index]) ? before[index] : before.find(isAlike)
    return Object.fromEntries(
      Object.entries(definition).map(([name, value]) => {
        if (value !== MASK) return [name, value]
        if (old?.[name] === undefined) throw InvalidDefinition(`${String(definition.type)}: ${name}: nothing to keep`)
        return [name, old[name]]
      })
    )
  })
}
