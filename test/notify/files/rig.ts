import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import { SecretFiles } from '../../../src/config/secret-files.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { filterKinds } from '../../../src/notify/filters/index.ts'
import { NotifyFiles } from '../../../src/notify/files/notify-files.ts'
import { notifySchemas } from '../../../src/notify/files/schemas.ts'
import type { NotifyOptions } from '../../../src/notify/service.ts'
import { transportKindsOf } from '../../../src/notify/transports/index.ts'
import { startNotify } from '../rig.ts'
import { testFolder } from '../../support/folder.ts'

const NOTE = { kind: 'note', secrecies: {}, fromScript: () => ({}), open: () => ({ send: () => Promise.resolve() }) }

const HANDLERS = [NOTE, ...handlerKinds.filter(({ kind }) => ['post', 'bigpanda'].includes(kind))]

export const schemas = notifySchemas(filterKinds, transportKindsOf(HANDLERS))

/** A service whose filters and routes come from a folder; routes have transports of type `note`. */
export async function startFiles(t: Test, options: Partial<NotifyOptions> = {}) {
  const { environment = {}, secretFiles = new SecretFiles() } = options
  const folder = testFolder(t, { filters: {}, routes: {} })
  const rig = await startNotify(t, { folder, secretFiles, ...options })
  const { notify, clock } = rig
  await notify.start()
  const logged: string[] = []
  const note = (message: string, fields?: object) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log = { ...silentLogger, info: note, error: note }
  const reading = { schemas, environment, files: secretFiles }
  const files = new NotifyFiles({ folder, reading, configuration: notify.configuration, clock, log })
  return {
    ...rig,
    ...{ files, folder, logged, secretFiles },
    filterIds: () => notify.configuration.filters.list.map(({ id }) => id),
    routeIds: () => [...notify.configuration.routes.keys()],
    /** Writes `filters/a.yaml` …, removes those without a text, and reloads. */
    async load(changes: Readonly<Record<string, string | undefined>>) {
      for (const [name, text] of Object.entries(changes)) write(join(folder, name), text)
      return await files.reload()
    },
    /** What is said against files: `filters/a.yaml:1:2: message`. */
    problems: () =>
      files.status.files.flatMap(({ problems }) =>
        problems.map(({ file, line, column, message }) =>
          `${file}:${line}:${column}: ${message}`.replaceAll(`${folder}/`, '')
        )
      ),
    states: () =>
      Object.fromEntries(files.status.files.map(({ file, state }) => [file.slice(folder.length + 1), state]))
  }
}

function write(path: string, text: string | undefined): void {
  if (text === undefined) return rmSync(path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
