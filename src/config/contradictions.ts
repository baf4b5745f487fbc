import type { Mistake, Raw } from './check.ts'

/** What each key allows by itself, but not together. @param raw Of sections that are not there nothing is said. */
export function contradictionsIn({ influxdb = [], httppost = [], notify, http, auth }: Raw): Mistake[] {
  return [
    ...influxdbMistakes(influxdb as Raw[]),
    ...httpPostMistakes(httppost as Raw[]),
    ...(notify === undefined ? [] : notifyMistakes(notify as Raw)),
    ...(http === undefined ? [] : exposureMistakes(http as Raw, notify as Raw | undefined)),
    ...(http === undefined || auth === undefined ? [] : authMistakes(http as Raw, auth as Raw))
  ]
}

function notifyMistakes(notify: Raw): Mistake[] {
  if (notify['auth-token'] !== '' || notify['auth-token-file'] !== '') return []
  const keys = ['post-token', 'post-token-file'].filter((key) => notify[key] !== '')
  const message = 'without auth-token everything is open to everybody: set that, too'
  return keys.map((key) => ({ path: ['notify', key], message: `${key}: ${message}` }))
}

const LOOPBACK = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):\d+$/

/** Differs: nobody but this machine is let in without credentials, unless the configuration says so in words. */
function exposureMistakes(http: Raw, notify: Raw | undefined): Mistake[] {
  if (http['auth-enabled'] || http['allow-anonymous']) return []
  const hasToken = notify?.['auth-token'] !== '' || notify['auth-token-file'] !== ''
  const addresses: readonly (readonly [section: string, key: string, address: unknown])[] = [
    ['http', 'bind-address', http['bind-address']],
    ...(hasToken ? [] : [['notify', 'listen', notify?.listen] as const])
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

/** A lock that is asked for and would not be there is a mistake. */
function authMistakes(http: Raw, auth: Raw): Mistake[] {
  if (!auth.enabled || http['auth-enabled']) return []
  return [{ path: ['auth', 'enabled'], message: 'enabled: without http.auth-enabled nobody is asked: set that, too' }]
}

function influxdbMistakes(clusters: readonly Raw[]): Mistake[] {
  const mistakes = duplicatesOf(clusters, 'influxdb', 'name')
  const enabled = clusters.map((cluster, index) => ({ cluster, index })).filter(({ cluster }) => cluster.enabled)
  const defaults = enabled.filter(({ cluster }) => cluster.default)
  if (enabled.length > 1 && defaults.length === 0) {
    const message = 'at least one of the enabled InfluxDB clusters must be marked as default.'
    mistakes.push({ path: ['influxdb'], message })
  }
  for (const { index } of defaults.slice(1)) {
    const names = defaults.map(({ cluster }) => String(cluster.name)).join(', ')
    const message = `More than one InfluxDB default was specified: ${names}`
    mistakes.push({ path: ['influxdb', index, 'default'], message })
  }
  return mistakes
}

function httpPostMistakes(endpoints: readonly Raw[]): Mistake[] {
  const mistakes = duplicatesOf(endpoints, 'httppost', 'endpoint')
  for (const [index, endpoint] of endpoints.entries()) {
    for (const kind of ['alert-template', 'row-template']) {
      if (endpoint[kind] === '' || endpoint[`${kind}-file`] === '') continue
      mistakes.push({ path: ['httppost', index, kind], message: `specify either ${kind} or ${kind}-file, not both` })
    }
  }
  return mistakes
}

function duplicatesOf(entries: readonly Raw[], section: string, key: string): Mistake[] {
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
