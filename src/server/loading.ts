import { watchFolder } from '../config/watch.ts'
import { LoadDirectory } from '../load/load-directory.ts'
import { LoadedStore } from '../store/loaded.ts'
import type { Base } from './base.ts'
import { type LoadServices, loadTarget } from './load-target.ts'

/** Loads the tasks, templates and handlers that are there, and watches for more. */
export async function startLoading(base: Base, services: LoadServices): Promise<LoadDirectory> {
  const { config, db, log, clock, closers } = base
  const { dir } = config.load
  const target = loadTarget(services)
  const directory = new LoadDirectory({ dir, target, store: new LoadedStore(db), log: log.child({ service: 'load' }) })
  await directory.load()
  const watching = watchFolder(dir, ['templates', 'tasks', 'handlers'], clock, () => void directory.load())
  closers.add({ name: 'load directory' }, () => watching.close())
  return directory
}
