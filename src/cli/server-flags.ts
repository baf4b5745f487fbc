import type { ConfigFlags } from '../config/load.ts'

/** The flags by which a command line overrides the configuration, as `parseArgs` takes them. */
export const configFlagOptions = {
  config: { type: 'string', short: 'c' },
  bind: { type: 'string' },
  'data-dir': { type: 'string' },
  hostname: { type: 'string' },
  'log-level': { type: 'string' }
} as const

export function configFlagsOf(values: {
  readonly bind?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly hostname?: string | undefined
  readonly 'log-level'?: string | undefined
}): ConfigFlags {
  return {
    bind: values.bind,
    dataDir: values['data-dir'],
    hostname: values.hostname,
    logLevel: values['log-level']
  }
}
