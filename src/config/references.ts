import { messageOf } from '../core/errors.ts'
import type { Mistake, Path, Raw } from './check.ts'
import { type Environment, READERS } from './env.ts'
import { Field, type Fields, fileKeyOf, hasFileKey, List } from '../core/fields.ts'
import type { SecretFiles } from './secret-files.ts'

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
  readonly mistakes: readonly Mistake[]
  /** Files of secrets by the dotted paths of these. */
  readonly origins: ReadonlyMap<string, string>
}

/**
 * Puts variables of the environment in the places of `${NAME}` in any text of a file, and what files hold in those of
 * `KEY-file` beside secrets.
 */
export function resolveReferences(fields: Fields, raw: Raw, environment: Environment, files: SecretFiles): Resolved {
  const mistakes: Mistake[] = []
  const origins = new Map<string, string>()
  return { raw: isRaw(raw) ? section(fields, raw, []) : raw, mistakes, origins }

  function section(inner: Fields, values: Raw, path: Path): Raw {
    const entries = Object.entries(values).map(([key, value]): [string, unknown] => {
      const place = [...path, key]
      const field = Object.hasOwn(inner, key) ? inner[key] : undefined
      if (field instanceof List && Array.isArray(value)) {
        return [
          key,
          value.map((one, index) => (isRaw(one) ? section(field.fields, one, [...place, index]) : (one as unknown)))
        ]
      }
      if (field !== undefined && !(field instanceof Field) && isRaw(value)) {
        return [key, section(field.fields, value, place)]
      }
      return [key, field instanceof Field ? scalar(field, value, place) : substituted(value, place)]
    })
    const resolved = Object.fromEntries(entries)
    for (const [key, field] of Object.entries(inner)) if (hasFileKey(field)) readFile(key, resolved, path)
    return resolved
  }

  /** A number or switch may be a variable as a whole. */
  function scalar(field: Field<unknown>, value: unknown, path: Path): unknown {
    const text = substituted(value, path)
    const isReference = typeof value === 'string' && value.startsWith('${') && text !== value
    if (!isReference || !['int', 'float', 'flag'].includes(field.kind)) return text
    return READERS[field.kind as 'int' | 'float' | 'flag'](text as string) ?? text
  }

  function substituted(value: unknown, path: Path): unknown {
    if (typeof value === 'string') {
      return withVariables(value, environment, (name) => {
        mistakes.push({ path, message: `${path.join('.')}: the environment variable ${name} is not set` })
      })
    }
    if (Array.isArray(value)) return value.map((one, index) => substituted(one, [...path, index]))
    if (!isRaw(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, substituted(one, [...path, key])]))
  }

  function readFile(key: string, values: Raw, path: Path): void {
    const fileKey = fileKeyOf(key)
    const file = values[fileKey]
    if (typeof file !== 'string') return // The schema says so.
    Reflect.deleteProperty(values, fileKey)
    if (file === '') return
    const place = [...path, fileKey]
    const fail = (problem: string): void => {
      mistakes.push({ path: place, message: `${place.join('.')}: ${problem}` })
    }
    if (values[key] !== undefined && values[key] !== '') return fail(`${key} is set, too: only one of them can be`)
    try {
      values[key] = files.read(file)
      origins.set([...path, key].join('.'), file)
    } catch (error) {
      fail(messageOf(error))
    }
  }
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
