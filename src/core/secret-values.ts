import { Field, type Fields, type List, type Section } from './fields.ts'
import { secretsOfUrl, unescaped } from './mask.ts'
import { isOpenHeader, type Secrecies, type Secrecy } from './secrecy.ts'

/** Texts that are secret in what users define and configure: for a `Redact`. Each may be there twice, or empty. */
type Values = Readonly<Record<string, unknown>>

/** @param options As somebody gives them: of any type. */
export function secretsOfOptions(secrecies: Secrecies, options: unknown): string[] {
  if (!isTable(options)) return []
  const byName = new Map(Object.entries(secrecies).map(([name, secrecy]) => [name.toLowerCase(), secrecy]))
  return Object.entries(options).flatMap(([name, value]) => secretsOf(byName.get(name.toLowerCase()) ?? 'open', value))
}

/** @param values Of the section, or of the entries of the list; undefined: none. */
export function secretsOfSection({ fields }: Section<Fields> | List<Fields>, values: unknown): string[] {
  const sections = Array.isArray(values) ? (values as readonly unknown[]) : [values]
  return sections.filter(isTable).flatMap((section) => secretsOfFields(fields, section))
}

/** @param values Of a section of the configuration, or of all of them. Defaults are known to everybody. */
export function secretsOfFields(fields: Fields, values: Values): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name]
    if (!(field instanceof Field)) return secretsOfSection(field, value)
    return value === field.fallback ? [] : secretsOf(secrecyOf(field), value)
  })
}

/** The credentials of headers: with the scheme before them, as in `Bearer TOKEN`, and without. */
export function secretsOfHeaders(headers: Values): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (typeof value !== 'string' || isOpenHeader(name)) return []
    return [value, value.slice(value.indexOf(' ') + 1)]
  })
}

/** What of a request over HTTP lets in who knows it. */
export function secretsOfRequest({ url, headers = {}, basicAuth }: RequestParts): string[] {
  return [...secretsOfUrl(url), ...secretsOfHeaders(headers), ...(basicAuth === undefined ? [] : [basicAuth.password])]
}

interface RequestParts {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly basicAuth?: { readonly password: string } | undefined
}

function secrecyOf({ isSecret, isTarget, isSecretMap }: Field<unknown>): Secrecy {
  if (isSecretMap) return 'headers'
  if (isTarget) return isSecret ? 'secretTarget' : 'url'
  return isSecret ? 'secret' : 'open'
}

function secretsOf(secrecy: Secrecy, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => secretsOf(secrecy, item))
  if (secrecy === 'headers') return isTable(value) ? secretsOfHeaders(value) : []
  if (typeof value !== 'string') return []
  switch (secrecy) {
    case 'url':
      return secretsOfUrl(value)
    case 'secret':
    case 'secretTarget':
      return [value, ...pathOf(value), ...secretsOfUrl(value)]
    default:
      return []
  }
}

/** What a server sees of an address: the path and the query, as they are and without their escapes. Of what is no address: nothing. */
function pathOf(url: string): string[] {
  const path = /^[a-z][a-z\d+.-]*:\/\/[^/]*\/(.+)$/is.exec(url)?.[1] ?? ''
  return [path, unescaped(path)]
}

function isTable(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
