import type { Mistake, Raw } from './check.ts'

/** What each key allows by itself, but not together. @param raw Of sections that are not there nothing is said. */
export function contradictionsIn({ influxdb = [], httppost = [], notify }: Raw): Mistake[] {
  return [
    ...influxdbMistakes(influxdb as Raw[]),
    ...httpPostMistakes(httppost as Raw[]),
    ...(notify === undefined ? [] : notifyMistakes(notify as Raw))
  ]
}

function notifyMistakes(notify: Raw): Mistake[] {
  if (notify['auth-token'] !== '' || notify['auth-token-file'] !== '') return []
  const keys = ['post-token', 'post-token-file'].filter((key) => notify[key] !== '')
  const message = 'without auth-token everything is open to everybody: set that, too'
  return keys.map((key) => ({ path: ['notify', key], message: `${key}: ${message}` }))
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
