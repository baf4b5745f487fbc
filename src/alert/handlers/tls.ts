import { readFileSync } from 'node:fs'
import type { Section } from './services.ts'

/** Files and switches of TLS, as sections of services have them; plain data. */
export interface TlsSettings {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly isInsecure: boolean
}

export interface TlsOptions {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly rejectUnauthorized: boolean
}

export function tlsSettingsOf(section: Section): TlsSettings {
  return {
    ca: section.text('ssl-ca'),
    cert: section.text('ssl-cert'),
    key: section.text('ssl-key'),
    isInsecure: section.flag('insecure-skip-verify')
  }
}

/** Reads the files; throws where one cannot be read. */
export function tlsOptionsOf({ ca, cert, key, isInsecure }: TlsSettings): TlsOptions {
  return {
    ...(ca !== '' && { ca: readFileSync(ca) }),
    ...(cert !== '' && { cert: readFileSync(cert) }),
    ...(key !== '' && { key: readFileSync(key) }),
    rejectUnauthorized: !isInsecure
  }
}
