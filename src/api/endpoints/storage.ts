import { createReadStream, type ReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptWithPassphrase } from '../../core/age.ts'
import { defineError } from '../../core/errors.ts'
import { formatInstant } from '../../core/instant.ts'
import { quote } from '../../core/print.ts'
import { VERSION } from '../../core/version.ts'
import { type App, BASE, KAPOK_BASE } from '../app.ts'
import { objectOf, textMember } from '../body.ts'
import { asks } from '../changes.ts'
import { needs } from '../needs.ts'
import { NotFound } from '../problems.ts'
import type { Services } from '../services.ts'
import { expensive } from '../rate-limit.ts'

const PATH = `${BASE}/storage`
const STORES = ['tasks', 'recordings', 'replays', 'overrides', 'load', 'handler-specs', 'topic-states']

const StoreUnknown = defineError('STORE_UNKNOWN', 404, (name: string) => `unknown storage ${quote(name)}`)
const ActionUnknown = defineError(
  'STORE_ACTION_UNKNOWN',
  400,
  (action: string) => `failed to unmarshal storage action unknown StorageAction ${action}`
)
const ActionMissing = defineError(
  'STORE_ACTION_MISSING',
  400,
  () => 'unkown storage action "unknown StorageAction 0"' // [sic]
)

export function storageEndpoints(
  app: App,
  { db, overrides, clock }: Pick<Services, 'db' | 'overrides' | 'clock'>
): void {
  const passphraseNow = (): string => overrides.current.backup.passphrase

  app.get(`${PATH}/stores`, needs('read'), () => ({
    link: link('stores'),
    storage: STORES.map((name) => ({ link: link(`stores/${name}`), name }))
  }))

  /** Our indexes cannot get out of step, so there is nothing to rebuild. */
  app.post(`${PATH}/*`, asks('tasks'), (request, reply) => {
    const [collection, name = ''] = (request.params as { '*': string })['*'].split('/')
    if (collection !== 'stores') throw NotFound()
    if (!STORES.includes(name)) throw StoreUnknown(name)
    const action = textMember(objectOf(request), 'action')
    if (action === '') throw ActionMissing()
    if (action !== 'rebuild') throw ActionUnknown(action)
    return reply.code(204).send()
  })

  /** What a backup would hold now. */
  app.get(`${KAPOK_BASE}/backup`, expensive(needs('admin')), async () => ({
    version: VERSION,
    date: formatInstant(clock.now()),
    file: fileNameOf(passphraseNow()),
    encrypted: passphraseNow() !== '',
    tables: await db.tables()
  }))

  app.get(`${PATH}/backup`, expensive(needs('admin')), async (_request, reply) => {
    const folder = await mkdtemp(join(tmpdir(), 'kapok-backup-'))
    const forget = (): void => void rm(folder, { recursive: true, force: true })
    let plain: ReadStream | undefined
    try {
      const file = join(folder, 'kapok.duckdb')
      const date = new Date(clock.now().ms)
      await db.backup(file)
      const { size } = await stat(file)
      plain = createReadStream(file).once('close', forget)
      const passphrase = passphraseNow()
      const sent = passphrase === '' ? { content: plain, size } : await encryptWithPassphrase(plain, size, passphrase)
      return await reply
        .header('Content-Type', 'application/octet-stream')
        .header('Content-Disposition', `attachment; filename="${fileNameOf(passphrase)}"`)
        .header('Content-Length', sent.size)
        .header('Last-Modified', date.toUTCString())
        .send(sent.content)
    } catch (error) {
      plain?.destroy()
      forget()
      throw error
    }
  })
}

function fileNameOf(passphrase: string): string {
  return passphrase === '' ? 'kapok.duckdb' : 'kapok.duckdb.age'
}

function link(place: string): object {
  return { rel: 'self', href: `${PATH}/${place}` }
}
