import { isAbsolute, resolve } from 'node:path'
import { messageOf } from '../core/errors.ts'
import type { Path, PathProblem, Raw } from './check.ts'
import { type Environment, READERS } from './env.ts'
import { Field, type Fields, fileKeyOf, hasFileKey, List } from '../core/fields.ts'
import { type Secrecies, secretsOf } from '../core/secrecy.ts'
import type { SecretFiles } from './secret-files.ts'

/**
 * References in files of the server's owner: `${NAME}` in any text stands for a variable of the environment, and
 * `KEY-file` beside a secret for what that file holds. What a client sends is never resolved: the value would be sent
 * to an address of the client's choice.
 */
export interface ReferenceSources {
  readonly environment: Environment
  readonly files: SecretFiles
  /** What relative names of files are below; absent: the working directory. */
  readonly folder?: string
}

/** `$${` stands for `${` itself. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)\}/g

/** What the references of a text stand for. @param missing Is told of variables that are not set. */
export function withVariables(text: string, environment: Environment, missing: (name: string) => void): string {
  return text.replace(REFERENCE, (whole, name: string | undefined) => {
    if (name === undefined) return '${'
    const value = environment[name]
    if (value === undefined) missing(name)
    return value ?? whole
  })
}

/** Values of a file with what they stand for in the place of references. */
export interface Resolved {
  readonly raw: Raw
  readonly problems: readonly PathProblem[]
  /** Files of secrets by the dotted paths of these. */
  readonly origins: ReadonlyMap<string, string>
}

/** Resolves the references of the configuration. */
export function resolveReferences(fields: Fields, raw: Raw, sources: ReferenceSources): Resolved {
  const resolver = new Resolver(sources)
  const { problems, origins } = resolver
  return { raw: isRaw(raw) ? section(fields, raw, []) : raw, problems, origins }

  function section(inner: Fields, values: Raw, path: Path): Raw {
    const entries = Object.entries(values).map(([key, value]): [string, unknown] => {
      const place = [...path, key]
      const field = Object.hasOwn(inner, key) ? inner[key] : undefined
      if (field instanceof List && Array.isArray(value)) {
        return [
          key,
          value.map((item, index) => (isRaw(item) ? section(field.fields, item, [...place, index]) : (item as unknown)))
        ]
      }
      if (field !== undefined && !(field instanceof Field) && isRaw(value)) {
        return [key, section(field.fields, value, place)]
      }
      return [key, field instanceof Field ? resolver.scalar(field.kind, value, place) : resolver.any(value, place)]
    })
    const resolved = Object.fromEntries(entries)
    for (const [key, field] of Object.entries(inner)) {
      if (hasFileKey(field)) resolver.readFile(key, fileKeyOf(key), resolved, path)
    }
    return resolved
  }
}

/** What the keys of a definition (a filter, a transport, the options of a handler) are to references. */
export interface Shape {
  /** Texts of a language of its own, in which `${NAME}` may mean something else: they are left as they are. */
  readonly programs: ReadonlySet<string>
  /** Numbers and switches by the kind of a field: a variable may stand for one as a whole. */
  readonly scalars: ReadonlyMap<string, string>
  /** Secrets beside which `KEY-file` names a file; the keys of those match in any case. */
  readonly secrecies: Secrecies
}

/** Resolves the references of one definition. @param path Where it stands in its file. */
export function resolveDefinition(
  { programs, scalars, secrecies }: Shape,
  definition: Raw,
  path: Path,
  sources: ReferenceSources
): { readonly values: Raw; readonly problems: readonly PathProblem[] } {
  const resolver = new Resolver(sources)
  const entries = Object.entries(definition).map(([key, value]): [string, unknown] => {
    if (programs.has(key) && typeof value === 'string') return [key, value]
    return [key, resolver.scalar(scalars.get(key), value, [...path, key])]
  })
  const values = Object.fromEntries(entries)
  const names = new Map(Object.keys(values).map((key) => [key.toLowerCase(), key]))
  for (const secret of secretsOf(secrecies)) {
    const fileKey = names.get(fileKeyOf(secret.toLowerCase()))
    if (fileKey !== undefined) resolver.readFile(names.get(secret.toLowerCase()) ?? secret, fileKey, values, path)
  }
  return { values, problems: resolver.problems }
}

/** Resolves values, and keeps what is wrong with them. */
class Resolver {
  readonly problems: PathProblem[] = []
  readonly origins = new Map<string, string>()
  readonly #sources: ReferenceSources

  constructor(sources: ReferenceSources) {
    this.#sources = sources
  }

  /** A number or switch may be a variable as a whole. @param kind Of the field. */
  scalar(kind: string | undefined, value: unknown, path: Path): unknown {
    const text = this.any(value, path)
    const isReference = typeof value === 'string' && value.startsWith('${') && text !== value
    if (!isReference || !isScalar(kind)) return text
    return READERS[kind](text as string) ?? text
  }

  any(value: unknown, path: Path): unknown {
    if (typeof value === 'string') {
      return withVariables(value, this.#sources.environment, (name) => {
        this.#addProblem(
          path,
          `the environment variable ${name} is not set: set it, or write $\${${name}} for the text itself`
        )
      })
    }
    if (Array.isArray(value)) return value.map((item, index) => this.any(item, [...path, index]))
    if (!isRaw(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.any(item, [...path, key])]))
  }

  /** Puts what a file holds in the place of its name. */
  readFile(key: string, fileKey: string, values: Raw, path: Path): void {
    const file = values[fileKey]
    if (typeof file !== 'string') return // Whoever checks the values says so.
    Reflect.deleteProperty(values, fileKey)
    if (file === '') return
    const place = [...path, fileKey]
    if (values[key] !== undefined && values[key] !== '') {
      return this.#addProblem(place, `${key} is set, too: only one of them can be`)
    }
    const { files, folder } = this.#sources
    try {
      values[key] = files.read(folder === undefined || isAbsolute(file) ? file : resolve(folder, file))
      this.origins.set([...path, key].join('.'), file)
    } catch (error) {
      this.#addProblem(
        place,
        `${messageOf(error)}: the server needs a file there that it can read and that is not empty`
      )
    }
  }

  #addProblem(path: Path, problem: string): void {
    this.problems.push({ path, message: `${path.join('.')}: ${problem}` })
  }
}

function isScalar(kind: string | undefined): kind is 'int' | 'float' | 'flag' {
  return kind === 'int' || kind === 'float' || kind === 'flag'
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
