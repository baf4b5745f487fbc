import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server, ServerOptions } from 'node:https'
import type { SecureVersion } from 'node:tls'
import type { Config } from '../config/sections.ts'
import { defineError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** Certificate, key and what else HTTPS needs, read from the files that the configuration names. */
const CertificateBad = defineError('CERTIFICATE_BAD', 500, (key: string, detail: string) => `${key}: ${detail}`)

/** Differs: what is older than TLS 1.2 cannot be asked for; suites without forward secrecy are not offered. */
const CIPHERS = [
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
].join(':')
const LOOK_MS = 5000

/** Fails with CERTIFICATE_BAD, which names the key of the configuration. */
export function readTls({ http, tls }: Config): ServerOptions {
  const certificateFile = http['https-certificate']
  const cert = read('http.https-certificate', certificateFile)
  const keyFile = http['https-private-key'] || certificateFile
  const key = read('http.https-private-key', keyFile)
  const certificate = attempt('http.https-certificate', certificateFile, () => new X509Certificate(cert))
  const privateKey = attempt('http.https-private-key', keyFile, () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw CertificateBad('http.https-private-key', `the key in ${keyFile} is not that of ${certificateFile}`)
  }
  const ca = http['https-client-ca']
  return {
    ...{ cert, key, ciphers: CIPHERS, minVersion: versionOf(tls['min-version']) },
    ...(ca !== '' && { ca: read('http.https-client-ca', ca), requestCert: true, rejectUnauthorized: true })
  }
}

/**
 * Serves new certificates from the moment that their files change; bad ones are told, and the old ones stay.
 * @returns Ends it.
 */
export function followCertificates(server: Server, config: Config, log: Logger): () => void {
  const { http } = config
  const files = [http['https-certificate'], http['https-private-key'], http['https-client-ca']]
  const load = (): void => {
    try {
      server.setSecureContext(readTls(config))
      log.info('serving changed certificates')
    } catch (error) {
      log.error('failed to read changed certificates, the old ones stay', { err: messageOf(error) })
    }
  }
  const watched = files.filter((file) => file !== '')
  for (const file of watched) watchFile(file, { interval: LOOK_MS, persistent: false }, load)
  return () => {
    for (const file of watched) unwatchFile(file, load)
  }
}

function read(key: string, file: string): Buffer {
  return attempt(key, file, () => readFileSync(file))
}

function attempt<T>(key: string, file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const detail = messageOf(error)
    throw CertificateBad(key, detail.includes(file) ? detail : `${file}: ${detail}`)
  }
}

function versionOf(text: Config['tls']['min-version']): SecureVersion {
  return text === 'TLS1.3' ? 'TLSv1.3' : 'TLSv1.2'
}
