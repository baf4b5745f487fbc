import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { defineError, messageOf } from '../core/errors.ts'
import { readTextFile } from '../core/text-file.ts'
import { isAt, problemsIn, type Raw } from './check.ts'
import { ConfigFile, ConfigInvalid, type ConfigProblem } from './config-file.ts'
import { contradictionsIn, valueProblemsIn } from './contradictions.ts'
import { applyEnvironment, type Environment, withDefaults } from './env.ts'
import { Field, type Fields, List, type RawValue } from '../core/fields.ts'
import { resolveReferences } from './references.ts'
import { SecretFiles } from './secret-files.ts'
import { masksIn } from './secrets.ts'
import { type Config, sections } from './sections.ts'

/** Where the configuration comes from: default < file < environment < flag. */
export interface ConfigSources {
  /** Given by name; without one the usual places are looked through. */
  readonly file?: string | undefined
  readonly environment: Environment
  readonly flags?: ConfigFlags
}

/** What the command line can say; undefined is not said. */
export interface ConfigFlags {
  readonly bind?: string | undefined
  readonly dataDir?: string | undefined
  readonly hostname?: string | undefined
  readonly logLevel?: string | undefined
}

export interface LoadedConfig {
  readonly config: Config
  /** The file that was read; undefined: none was found, all is default. */
  readonly file: string | undefined
  /** Files of secrets by the dotted paths of these, where the file of the configuration names them. */
  readonly origins: ReadonlyMap<string, string>
  readonly secrets: LiveSecrets
}

/** Secrets that come from files, as these change. */
export interface LiveSecrets {
  readonly files: SecretFiles
  /** The configuration with what the files hold now, and all else as it was read first. Fails as `loadConfig` does. */
  config(): Config
}

const ConfigUnreadable = defineError('CONFIG_UNREADABLE', 500, (file: string, detail: string) => `${file}: ${detail}`)

/** Fails with CONFIG_INVALID, CONFIG_UNREADABLE, ENVIRONMENT_INVALID, ENVIRONMENT_UNKNOWN or SECRET_UNREADABLE. */
export function loadConfig({ file: given, environment, flags = {} }: ConfigSources): LoadedConfig {
  const path = given ?? findConfigFile(environment)
  const file = new ConfigFile(path ?? 'configuration', path === undefined ? '' : read(path))
  const written = withLists(file.read())
  const files = new SecretFiles()
  const { config, origins } = build(file, written, files, environment, flags)
  const secrets = { files, config: () => build(file, written, files, environment, flags).config }
  return { config, file: path, origins, secrets }
}

/** What is wrong with a file of the configuration. */
export interface ConfigCheck {
  readonly problems: readonly ConfigProblem[]
  /** Variables and files that it names and that are not there. */
  readonly missing: readonly ConfigProblem[]
}

/**
 * Checks a file by itself: variables that stand for settings of the server do not count. Where references stand for
 * nothing, what else is wrong is told as far as it can be.
 */
export function checkConfigFile(path: string, environment: Environment): ConfigCheck {
  try {
    const file = new ConfigFile(path, read(path))
    const written = withLists(file.read())
    const files = new SecretFiles()
    const { raw, problems: missing } = resolveReferences(sections, written, { environment, files })
    if (missing.length === 0) build(file, written, files, environment, {}, {})
    const certain = missing.length === 0 ? [] : problemsIn(sections, raw).filter(({ path: at }) => !isAt(missing, at))
    return {
      problems: certain.map((problem) => file.locate(problem)),
      missing: missing.map((problem) => file.locate(problem))
    }
  } catch (error) {
    if (error instanceof ConfigInvalid) return { problems: error.problems, missing: [] }
    throw error
  }
}

function build(
  file: ConfigFile,
  written: Raw,
  files: SecretFiles,
  environment: Environment,
  flags: ConfigFlags,
  settings: Environment = environment
): Pick<LoadedConfig, 'config' | 'origins'> {
  const { raw: resolved, problems, origins } = resolveReferences(sections, written, { environment, files })
  refuse(file, problems)
  refuse(file, problemsIn(sections, resolved))

  const raw = withDefaults(sections, resolved)
  applyEnvironment(sections, raw, settings, files)
  applyFlags(raw, flags)
  // What environment and flags have put in has passed no schema yet.
  refuse(file, problemsIn(sections, raw))
  const config = valuesOf(sections, raw)
  refuse(file, [...contradictionsIn(raw), ...valueProblemsIn(sections, config), ...masksIn(sections, config)])
  return { config: config as Config, origins }
}

function findConfigFile(environment: Environment): string | undefined {
  const named = environment.KAPOK_CONFIG_PATH || environment.KAPACITOR_CONFIG_PATH
  if (named) return named
  const usual = [join('config', 'kapok.yaml'), join(homedir(), '.kapok', 'kapok.yaml'), '/etc/kapok/kapok.yaml']
  return usual.find((path) => existsSync(path))
}

function read(path: string): string {
  try {
    return readTextFile(path)
  } catch (error) {
    throw ConfigUnreadable(path, messageOf(error))
  }
}

/** `slack:` with keys instead of a list stands for a list of one. */
function withLists(raw: Raw): Raw {
  if (!isRaw(raw)) return raw
  const entries = Object.entries(raw).map(([key, value]) => {
    const isSingle = (sections as Fields)[key] instanceof List && isRaw(value)
    return [key, isSingle ? [value] : value]
  })
  return Object.fromEntries(entries) as Raw
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(file: ConfigFile, problems: readonly Parameters<ConfigFile['locate']>[0][]): void {
  if (problems.length > 0) throw new ConfigInvalid(problems.map((problem) => file.locate(problem)))
}

function applyFlags(raw: Raw, { bind, dataDir, hostname, logLevel }: ConfigFlags): void {
  if (bind !== undefined) (raw.http as Raw)['bind-address'] = bind
  if (dataDir !== undefined) raw.data_dir = dataDir
  if (hostname !== undefined) raw.hostname = hostname
  if (logLevel !== undefined) (raw.logging as Raw).level = logLevel
}

type Values = Readonly<Record<string, unknown>>

/**
 * The values of raw ones that the schema has accepted.
 * @param base What is not among the raw ones is as here.
 */
export function valuesOf(fields: Fields, raw: Raw, base: Values = {}): Values {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => {
      const value = raw[key]
      if (value === undefined) return [key, base[key]]
      if (field instanceof Field) return [key, field.read(value as RawValue, base[key])]
      if (field instanceof List) return [key, (value as Raw[]).map((entry) => valuesOf(field.fields, entry))]
      return [key, valuesOf(field.fields, value as Raw, base[key] as Values | undefined)]
    })
  )
}
