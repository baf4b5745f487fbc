import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogFiles } from '../alert/handlers/log-files.ts'
import { ConfigOverrides } from '../config/overrides.ts'
import { type Config, sections } from '../config/sections.ts'
import { type Clock, wallClock } from '../core/clock.ts'
import { Commands } from '../core/commands.ts'
import type { KnownSecrets } from '../core/known-secrets.ts'
import type { Logger, RootLogger } from '../core/logger.ts'
import { secretsOfFields } from '../core/secret-values.ts'
import type { ServerInfo } from '../graph/ports.ts'
import type { StoreLoss } from '../store/damaged-files.ts'
import { Database } from '../store/db.ts'
import { loadIdentity } from '../store/identity.ts'
import { OverrideStore } from '../store/overrides.ts'
import type { Closers } from './closers.ts'

/** What every other part of the server stands on. */
export interface Base {
  readonly config: Config
  readonly overrides: ConfigOverrides
  /** A section of the configuration as it is now. */
  readonly section: (name: string) => unknown
  readonly log: RootLogger
  readonly clock: Clock
  readonly server: ServerInfo
  readonly db: Database
  readonly closers: Closers
  /** Is told by each part where it has secrets. */
  readonly knownSecrets: KnownSecrets
}

interface BaseOptions extends Pick<Base, 'config' | 'log' | 'closers' | 'knownSecrets'> {
  /** Goes on without definitions that the store has lost. */
  readonly acceptLoss: boolean
}

export async function openBase({ config, log, closers, acceptLoss, knownSecrets }: BaseOptions): Promise<Base> {
  const { hostname, data_dir: dataDir } = config
  const storeLog = log.child({ service: 'store' })
  const onLoss = ({ message, fields }: StoreLoss): void => storeLog.error(message, fields)
  const server = { hostname, ...(await loadIdentity(dataDir, onLoss)) }
  const db = await Database.open(join(dataDir, 'kapok.duckdb'), { acceptLoss, onLoss })
  closers.add({ name: 'store', withinMs: 3000, stores: true }, () => db.close())
  closers.add({ name: 'clock' }, logJumps(wallClock, log))
  const overrides = await ConfigOverrides.open(config, new OverrideStore(db), log.child({ service: 'config' }))
  knownSecrets.add(() => secretsOfFields(sections, overrides.current))
  const section = (name: string): unknown => overrides.section(name)
  return { config, overrides, section, log, clock: wallClock, server, db, closers, knownSecrets }
}

const LOOK_MS = 1000

/** Says so, once, when the system's clock is set: stamps in the log and of points jump with it. @returns How to end that. */
export function logJumps(clock: Clock, log: Logger): () => void {
  const look = clock.every(LOOK_MS, () => void clock.now())
  const forget = clock.onJump((byMs) => {
    log.warn('the clock of the system has jumped, since it was set or the machine has slept', { 'by-ms': byMs })
  })
  return () => {
    look.cancel()
    forget()
  }
}

/** Programs and files that users' definitions may name. */
export async function openAllowed({ data_dir: dataDir, security }: Config): Promise<Allowed> {
  const logs = join(dataDir, 'logs')
  await mkdir(logs, { recursive: true })
  const folders = security['log-folders']
  return {
    commands: new Commands({ allowed: security['allow-commands'], environment: security['command-environment'] }),
    logFiles: new LogFiles(folders.length > 0 ? folders : [logs, tmpdir()], dataDir)
  }
}

export interface Allowed {
  readonly commands: Commands
  readonly logFiles: LogFiles
}

/** Networks that nothing is sent to on the word of a user. */
export function blockedNetworksOf({ alert, security }: Config): readonly string[] {
  return [...security['blocked-cidrs'], ...alert['blocked-cidrs']]
}
