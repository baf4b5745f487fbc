import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { type CommandOptions, type CommandResult, runCommand } from './command.ts'
import { defineError } from './errors.ts'
import { isWithin, placeOf, realPathOf } from './paths.ts'

/** What the configuration says of the programs that users' definitions name. */
export interface CommandRules {
  /** Absolute paths of programs, or of folders of programs; `*`: any program. */
  readonly allowed: readonly string[]
  /** Names of the server's variables that programs get. */
  readonly environment: readonly string[]
}

/** @param program As a definition names it, with the path where one was found. */
export const CommandForbidden = defineError(
  'COMMAND_FORBIDDEN',
  400,
  (program: string) =>
    `the command ${program} is not allowed: security.allow-commands has to have its absolute path or its folder`
)

/**
 * The programs that users' definitions may run, and the one way to run them.
 * Differs: commands (handlers, filters and routes with `exec`, conditions that are commands) run only where
 * `security.allow-commands` has them; the originals run any program for whoever may define a task or a route.
 */
export class Commands {
  readonly #isAnyAllowed: boolean
  readonly #allowed: readonly string[]
  readonly #environment: readonly string[]

  constructor({ allowed, environment }: CommandRules) {
    this.#isAnyAllowed = allowed.includes('*')
    this.#allowed = allowed.filter((path) => path !== '*')
    this.#environment = environment
  }

  /** Fails with COMMAND_FORBIDDEN. @param command Program and arguments. */
  check(command: readonly string[]): void {
    this.#pathOf(command[0] ?? '')
  }

  /**
   * Never rejects; a program that is not allowed is one that cannot be run.
   * Differs: a program gets of the server's environment, which may hold secrets, only what `security.command-environment`
   * names; the originals pass all of it on.
   * @param options `environment` has variables beside those.
   */
  async run(command: readonly string[], options: Omit<CommandOptions, 'path'>): Promise<CommandResult> {
    let path: string
    try {
      path = this.#pathOf(command[0] ?? '')
    } catch (error) {
      return { status: undefined, error: (error as Error).message, output: '', stderr: '' }
    }
    return await runCommand(command, { ...options, path, environment: { ...this.#variables, ...options.environment } })
  }

  /**
   * Where the program is. It is run from there, so that no link that is changed meanwhile leads elsewhere. A link that
   * is itself on the list is not followed: it may be one of many names of a program that does many things.
   */
  #pathOf(program: string): string {
    if (this.#isAnyAllowed) return program
    const found = program.includes('/') ? resolve(program) : findProgram(program, this.#variables.PATH ?? '')
    if (found === undefined) throw CommandForbidden(program)
    const place = placeOf(found)
    const isAllowed = this.#allowed.some((path) => placeOf(path) === place || isWithin(realPathOf(path), place))
    if (!isAllowed) throw CommandForbidden(found === program ? program : `${program} (${found})`)
    return place
  }

  get #variables(): Readonly<Record<string, string>> {
    const { env } = process
    return Object.fromEntries(
      this.#environment.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
    )
  }
}

/** The first of that name in the folders of PATH that can be run. */
function findProgram(name: string, path: string): string | undefined {
  if (name === '') return undefined
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
