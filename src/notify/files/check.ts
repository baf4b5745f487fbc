import { existsSync } from 'node:fs'
import { DEFAULT_LIMITS } from '../../alert/delivery.ts'
import { handlerKinds } from '../../alert/handlers/index.ts'
import { LogFiles } from '../../alert/handlers/log-files.ts'
import type { ConfigProblem } from '../../config/config-file.ts'
import { FolderUnreadable } from '../../config/folder.ts'
import { wallClock } from '../../core/clock.ts'
import { Turns } from '../../alert/turns.ts'
import { messageOf } from '../../core/errors.ts'
import { silentLogger } from '../../core/logger.ts'
import { ActiveFilter, type FilterFactory } from '../active-filter.ts'
import { Commands } from '../../core/commands.ts'
import { ConfinedFiles } from '../confined-files.ts'
import { prepareProgram } from '../expression/compile.ts'
import { filterKinds } from '../filters/index.ts'
import type { Definition } from '../params.ts'
import { ROUTE_KEYS } from '../references.ts'
import { didYouMean } from '../../core/nearest.ts'
import { Route, type RouteFactory } from '../route.ts'
import { ScriptPool } from '../scripts/pool.ts'
import { transportKindsOf } from '../transports/index.ts'
import { NetworkGuard } from '../../net/network-guard.ts'
import type { TransportKind } from '../transports/transport.ts'
import { duplicateMessage, duplicatesOf, faultOf } from './fault.ts'
import type { Entry, NotifyFile } from './parse.ts'
import { readNotifyFiles } from './read.ts'
import { notifySchemas } from './schemas.ts'

/** Files of filters and routes as they are, with what is wrong with them. */
export interface CheckedFiles {
  readonly entries: readonly Entry[]
  readonly problems: readonly ConfigProblem[]
  /** What a server would take, but hardly is meant. */
  readonly warnings: readonly ConfigProblem[]
}

const transportKinds = transportKindsOf(handlerKinds)

/** Of everything that can be in a file. */
export const schemas = notifySchemas(filterKinds, transportKinds)

/**
 * Checks a folder without a server: everything is made as a server would make it, but for secrets, which need not be
 * there. Fails with CONFIG_FOLDER.
 */
export async function checkNotifyFiles(folder: string): Promise<CheckedFiles> {
  if (!existsSync(folder)) throw FolderUnreadable(folder, 'there is no such folder')
  const files = readNotifyFiles(folder, schemas)
  const entries = files.flatMap((file) => file.entries)
  const byName = new Map(files.map((file) => [file.file, file]))
  const fileOf = (entry: Entry): NotifyFile => byName.get(entry.file)!
  const problems = files.flatMap((file) => file.problems)
  for (const { first, second } of duplicatesOf(entries)) {
    problems.push(fileOf(second).locate({ path: second.path, message: duplicateMessage(second, first) }))
  }

  const runner = new ScriptPool({ threads: 1, log: silentLogger })
  try {
    const filters = filterFactory(folder, runner)
    const routes = routeFactory(filters)
    for (const entry of entries) {
      try {
        await open(entry, filters, routes)
      } catch (error) {
        problems.push(faultOf(entry, messageOf(error), fileOf(entry)))
      }
    }
  } finally {
    await runner.close()
  }
  return { entries, problems, warnings: warningsOf(entries, fileOf) }
}

async function open({ kind, id, definition }: Entry, filters: FilterFactory, routes: RouteFactory): Promise<void> {
  if (kind === 'filter') return void (await ActiveFilter.open(id, definition as Definition, filters))
  const parts = (definition as readonly Definition[]).map((part) => {
    const params = routes.kinds.get(String(part.type))?.params
    return params === undefined ? part : withSecrets(part, params)
  })
  const route = await Route.open(id, parts, true, routes)
  route.close()
}

/** Something in the place of what files and variables would say. */
function withSecrets(definition: Definition, params: NonNullable<TransportKind['params']>): Definition {
  const names = Object.keys(params).filter((name) => params[name]!.secrecy === 'secret')
  const filled = names.filter((name) => `${name}_file` in definition || `${name}_env` in definition)
  const others = Object.entries(definition).filter(
    ([key]) => !names.some((name) => new RegExp(`^${name}_(file|env)$`).test(key))
  )
  return { ...Object.fromEntries(filled.map((name) => [name, 'http://secret'])), ...Object.fromEntries(others) }
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
    deps: (isTrusted) => ({
      ...{ handler, files, secrets: { environment: {}, files, isTrusted } },
      prepare: (source, subject) => prepareProgram({ source, subject, scripts: [] }, runner)
    }),
    outcomes: { delivered: () => {}, died: () => {} },
    ...{ clock: wallClock, log: silentLogger, random: Math.random, limits: DEFAULT_LIMITS, turns: new Turns() }
  }
}

/** Routes that a filter names and no file has; a client may have made them. */
function warningsOf(entries: readonly Entry[], fileOf: (entry: Entry) => NotifyFile): ConfigProblem[] {
  const routes = entries.filter(({ kind }) => kind === 'route').map(({ id }) => id)
  return entries.flatMap((entry) =>
    ROUTE_KEYS.flatMap((key) => {
      const named = entry.kind === 'filter' ? (entry.definition as Definition)[key] : undefined
      return (Array.isArray(named) ? named.map(String) : []).flatMap((id, index) => {
        if (routes.includes(id)) return []
        const message = `no file has a route ${JSON.stringify(id)}${didYouMean(id, routes)}`
        return [fileOf(entry).locate({ path: [...entry.path, key, index], message })]
      })
    })
  )
}
