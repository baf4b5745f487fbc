import { type App, BASE } from '../api/app.ts'
import { watchFolder } from '../config/watch.ts'
import { LoadDirectory } from '../load/load-directory.ts'
import { LoadedStore } from '../store/loaded.ts'
import type { Base } from './base.ts'

/** Loads the tasks, templates and handlers that are there, and watches for more. */
export async function startLoading({ config, db, log, clock, closers }: Base, app: App): Promise<LoadDirectory> {
  const { dir } = config.load
  const directory = new LoadDirectory({
    ...{ dir, store: new LoadedStore(db), log: log.child({ service: 'load' }) },
    async call(method, path, body) {
      const payload = body === undefined ? {} : { payload: body }
      const answer = await app.inject({ method, url: `${BASE}${path}`, ...payload })
      return { status: answer.statusCode, error: answer.statusCode < 300 ? '' : errorOf(answer.body) }
    }
  })
  await directory.load()
  const watching = watchFolder(dir, ['templates', 'tasks', 'handlers'], clock, () => void directory.load())
  closers.add(() => watching.close())
  return directory
}

function errorOf(body: string): string {
  return (JSON.parse(body) as { readonly error: string }).error
}
