import type { PathProblem, Raw } from './check.ts'
import { Field, type Fields, List } from '../core/fields.ts'

/** What each key allows by itself, but not together. @param raw Of all sections. */
export function contradictionsIn(raw: Raw): PathProblem[] {
  const { influxdb, notify, http, auth } = raw as { influxdb: Raw[]; notify: Raw; http: Raw; auth: Raw }
  return [
    ...influxdbProblems(influxdb),
    ...notifyProblems(notify),
    ...exposureProblems(http, notify),
    ...authProblems(http, auth),
    ...signingProblems(influxdb, http)
  ]
}

/** What sections and entries of lists say against their values, and entries that are not told apart. */
export function valueProblemsIn(fields: Fields, values: Raw): PathProblem[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name]
    const at = (problem: string | undefined, ...path: number[]): PathProblem[] =>
      problem === undefined ? [] : [{ path: [name, ...path], message: `${name}: ${problem}` }]
    if (field instanceof Field) return []
    if (!(field instanceof List)) return at(field.problemOf(value))
    const entries = value as readonly Raw[]
    return [
      ...(field.key === undefined ? [] : duplicatesOf(entries, name, field.key)),
      ...entries.flatMap((entry, index) => at(field.problemOf(entry), index)),
      ...at(field.problemOfAll(entries))
    ]
  })
}

function notifyProblems(notify: Raw): PathProblem[] {
  if (notify['auth-token'] !== '' || notify['post-token'] === '') return []
  const message = 'post-token: without auth-token everything is open to everybody: set that, too'
  return [{ path: ['notify', 'post-token'], message }]
}

const LOOPBACK = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):\d+$/

/** Differs: nobody but this machine is let in without credentials, unless the configuration says so in words. */
function exposureProblems(http: Raw, notify: Raw): PathProblem[] {
  if (http['auth-enabled'] || http['allow-anonymous']) return []
  const hasToken = notify['auth-token'] !== ''
  const addresses: readonly (readonly [section: string, key: string, address: unknown])[] = [
    ['http', 'bind-address', http['bind-address']],
    ...(hasToken ? [] : [['notify', 'listen', notify.listen] as const])
  ]
  return addresses
    .filter(([, , address]) => typeof address === 'string' && /:\d+$/.test(address) && !LOOPBACK.test(address))
    .map(([section, key, address]) => ({
      path: [section, key],
      message:
        `${key}: ${String(address)} can be reached from other machines, and nobody is asked who they are: ` +
        'set http.auth-enabled, or http.allow-anonymous where the network itself is the lock'
    }))
}

/** Differs: a cluster that is to know us by a shared secret is a problem without one; Kapacitor signs with the empty key. */
function signingProblems(clusters: readonly Raw[], http: Raw): PathProblem[] {
  if (http['shared-secret'] !== '') return []
  return clusters.flatMap((cluster, index) => {
    if (!cluster.enabled || !cluster['http-shared-secret']) return []
    const message = 'http-shared-secret: there is no http.shared-secret to sign with: set that, too'
    return [{ path: ['influxdb', index, 'http-shared-secret'], message }]
  })
}

/** A lock that is asked for and would not be there is a problem. */
function authProblems(http: Raw, auth: Raw): PathProblem[] {
  if (!auth.enabled || http['auth-enabled']) return []
  return [{ path: ['auth', 'enabled'], message: 'enabled: without http.auth-enabled nobody is asked: set that, too' }]
}

function influxdbProblems(clusters: readonly Raw[]): PathProblem[] {
  const problems: PathProblem[] = []
  const enabled = clusters.map((cluster, index) => ({ cluster, index })).filter(({ cluster }) => cluster.enabled)
  const defaults = enabled.filter(({ cluster }) => cluster.default)
  if (enabled.length > 1 && defaults.length === 0) {
    const message = 'at least one of the enabled InfluxDB clusters must be marked as default.'
    problems.push({ path: ['influxdb'], message })
  }
  for (const { index } of defaults.slice(1)) {
    const names = defaults.map(({ cluster }) => String(cluster.name)).join(', ')
    const message = `More than one InfluxDB default was specified: ${names}`
    problems.push({ path: ['influxdb', index, 'default'], message })
  }
  return problems
}

function duplicatesOf(entries: readonly Raw[], section: string, key: string): PathProblem[] {
  return entries.flatMap((entry, index) =>
    entries.findIndex((other) => other[key] === entry[key]) === index
      ? []
      : [
          {
            path: [section, index, key],
            message: `duplicate ${key} ${JSON.stringify(entry[key])} for ${section} configs`
          }
        ]
  )
}
