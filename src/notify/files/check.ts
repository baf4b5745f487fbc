import { existsSync } from 'node:fs'
import { DEFAULT_LIMITS } from '../../alert/delivery.ts'
import { handlerKinds } from '../../alert/handlers/index.ts'
import { LogFiles } from '../../alert/handlers/log-files.ts'
import type { ConfigProblem } from '../../config/config-file.ts'
import type { Environment } from '../../config/env.ts'
import { FolderUnreadable } from '../../config/folder.ts'
import { SecretFiles } from '../../config/secret-files.ts'
import { wallClock } from '../../core/clock.ts'
import { Turns } from '../../alert/turns.ts'
import { messageOf } from '../../core/errors.ts'
import { silentLogger } from '../../core/logger.ts'
import { ActiveFilter, type FilterFactory } from '../active-filter.ts'
import { Commands } from '../../core/commands.ts'
import { ConfinedFiles } from '../confined-files.ts'
import { prepareProgram } from '../expression/compile.ts'
import { filterKinds } from '../filters/index.ts'
import type { PartDefinition } from '../params.ts'
import { ROUTE_KEYS } from '../references.ts'
import { didYouMean } from '../../core/nearest.ts'
import { Route, type RouteFactory } from '../route.ts'
import { ScriptPool } from '../scripts/pool.ts'
import { transportKindsOf } from '../transports/index.ts'
import { NetworkGuard } from '../../net/network-guard.ts'
import { duplicateMessage, duplicatesOf, problemOf } from './problems.ts'
import type { FileEntry, NotifyFile } from './parse.ts'
import { readNotifyFiles } from './read.ts'
import { notifySchemas } from './schemas.ts'

/** Files of filters and routes as they are, with what is wrong with them. */
export interface CheckedFiles {
  readonly entries: readonly FileEntry[]
  readonly problems: readonly ConfigProblem[]
  /** What a server would take, but hardly is meant. */
  readonly warnings: readonly ConfigProblem[]
  /** Variables and files that are not there; what names them was not checked any further. */
  readonly missing: readonly ConfigProblem[]
}

const transportKinds = transportKindsOf(handlerKinds)

/** Schemas of everything that can be in a file. */
export const schemas = notifySchemas(filterKinds, transportKinds)

/**
 * Checks a folder without a server: everything is made as a server would make it, but for the secrets of `NAME_file` and
 * `NAME_env`, which need not be there. Fails with CONFIG_FOLDER.
 */
export async function checkNotifyFiles(folder: string, environment: Environment): Promise<CheckedFiles> {
  if (!existsSync(folder)) throw FolderUnreadable(folder, 'there is no such folder')
  const files = readNotifyFiles(folder, { schemas, environment, files: new SecretFiles() })
  const entries = files.flatMap((file) => file.entries)
  const byName = new Map(files.map((file) => [file.file, file]))
  const fileOf = (entry: FileEntry): NotifyFile => byName.get(entry.file)!
  const problems = files.flatMap((file) => file.problems)
  for (const { first, second } of duplicatesOf(entries)) {
    problems.push(fileOf(second).locate({ path: second.path, message: duplicateMessage(second, first) }))
  }

  const runner = new ScriptPool({ threads: 1, log: silentLogger })
  try {
    const filters = filterFactory(folder, runner)
    const routes = routeFactory(filters)
    for (const entry of entries) {
      if (entry.lacksReferences) continue
      try {
        await open(entry, filters, routes)
      } catch (error) {
        problems.push(problemOf(entry, messageOf(error), fileOf(entry)))
      }
    }
  } finally {
    await runner.close()
  }
  return { entries, problems, warnings: warningsOf(entries, fileOf), missing: files.flatMap((file) => file.missing) }
}

async function open({ kind, id, definition }: FileEntry, filters: FilterFactory, routes: RouteFactory): Promise<void> {
  if (kind === 'filter') return void (await ActiveFilter.open(id, definition as PartDefinition, filters))
  const route = await Route.open(id, definition as readonly PartDefinition[], true, routes, () => 'nobody')
  route.close()
}

/** What is allowed is the server's matter, whose configuration is not known here. */
const ANY_COMMANDS = new Commands({ allowed: ['*'], environment: [] })

function filterFactory(folder: string, runner: ScriptPool): FilterFactory {
  return {
    kinds: new Map(filterKinds.map((kind) => [kind.type, kind])),
    files: new ConfinedFiles(folder),
    ...{ runner, commands: ANY_COMMANDS, log: silentLogger }
  }
}

function routeFactory({ files, runner }: FilterFactory): RouteFactory {
  const never = () => Promise.reject(new Error('nothing is sent'))
  const handler = {
    ...{ clock: wallClock, log: silentLogger, http: { post: never }, guard: new NetworkGuard([]), clientUrl: '' },
    ...{ commands: ANY_COMMANDS, logFiles: new LogFiles(['/']) },
    section: () => undefined,
    publish: () => {}
  }
  return {
    kinds: new Map(transportKinds.map((kind) => [kind.type, kind])),
    deps: (trust) => ({
      ...{ handler, files },
      secrets: { environment: {}, confined: files, files: new SecretFiles(), trust },
      prepare: (source, subject) => prepareProgram({ source, subject, scripts: [] }, runner)
    }),
    outcomes: { delivered: () => {}, died: () => {} },
    ...{ clock: wallClock, log: silentLogger, random: Math.random, limits: DEFAULT_LIMITS, turns: new Turns() }
  }
}

/** Routes that a filter names and no file has; a client may have made them. */
function warningsOf(entries: readonly FileEntry[], fileOf: (entry: FileEntry) => NotifyFile): ConfigProblem[] {
  const routes = entries.filter(({ kind }) => kind === 'route').map(({ id }) => id)
  return entries.flatMap((entry) =>
    ROUTE_KEYS.flatMap((key) => {
      const named = entry.kind === 'filter' ? (entry.definition as PartDefinition)[key] : undefined
      return (Array.isArray(named) ? named.map(String) : []).flatMap((id, index) => {
        if (routes.includes(id)) return []
        const message = `no file has a route ${JSON.stringify(id)}${didYouMean(id, routes)}`
        return [fileOf(entry).locate({ path: [...entry.path, key, index], message })]
      })
    })
  )
}
