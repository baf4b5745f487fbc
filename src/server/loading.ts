import { handlerKinds } from '../alert/handlers/index.ts'
import { SecretFiles } from '../config/secret-files.ts'
import { watchFolder } from '../config/watch.ts'
import { LoadDirectory } from '../load/load-directory.ts'
import { LoadedStore } from '../store/loaded.ts'
import type { Base } from './base.ts'
import { type LoadServices, loadTarget } from './load-target.ts'
import { followSecretFiles } from './secrets.ts'

/** Loads the tasks, templates and handlers that are there, and watches for more. */
export async function startLoading(base: Base, services: LoadServices): Promise<LoadDirectory> {
  const { config, db, clock, closers } = base
  const { dir } = config.load
  const log = base.log.child({ service: 'load' })
  const files = new SecretFiles()
  const secrecies = new Map(handlerKinds.map((kind) => [kind.kind, kind.secrecies]))
  const reading = { environment: process.env, files, secreciesOf: (kind: string) => secrecies.get(kind) ?? {} }
  const directory = new LoadDirectory({
    ...{ dir, reading, log },
    target: loadTarget(services),
    store: new LoadedStore(db)
  })
  await directory.load()
  const watching = watchFolder(dir, ['templates', 'tasks', 'handlers'], clock, () => void directory.load())
  closers.add({ name: 'load directory' }, () => watching.close())
  const follower = { clock, log, files, subject: 'the load directory', takeOver: () => directory.load() }
  closers.add({ name: 'secrets of the load directory' }, followSecretFiles(follower))
  return directory
}
