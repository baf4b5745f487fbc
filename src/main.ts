#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { withTwoDashes } from './cli/command.ts'
import { commands } from './cli/commands/index.ts'
import { runCommand } from './cli/run-command.ts'
import { configFlagOptions, configFlagsOf } from './cli/server-flags.ts'
import { loadConfig } from './config/load.ts'
import { sections } from './config/sections.ts'
import { messageOf } from './core/errors.ts'
import { KnownSecrets } from './core/known-secrets.ts'
import { type LogLevel } from './core/log-level.ts'
import { createLogger, type RootLogger } from './core/logger.ts'
import { secretsOfFields } from './core/secret-values.ts'
import { VERSION } from './core/version.ts'
import { type RunningServer, startServer } from './server.ts'

/** Longest time that an end may take: services have less, so that this one is only for what they cannot know. */
const STOP_MAX_MS = 10_000
/** npm passes a signal on that a terminal has sent to the program, too. */
const ECHO_MS = 1000
/** The process may be held up by work outside of JavaScript for so long after it has ended. */
const LINGER_MAX_MS = 500
const PARENT_LOOK_MS = 1000

const terminal = {
  environment: process.env,
  out: (text: string) => process.stdout.write(text),
  error: (text: string) => process.stderr.write(text)
}

const run = {
  name: 'run',
  usage: '[--config FILE] [--bind HOST:PORT] [--data-dir DIR] [--hostname NAME] [--log-level LEVEL] [--accept-loss]',
  summary:
    'Runs the server; so does kapok without a command. --accept-loss goes on without what a damaged store has lost.',
  run: runServer
}

const args = process.argv.slice(2)
const isBareRun = args.length === 0 || (/^-/.test(args[0]!) && !/^--?h(elp)?$/.test(args[0]!))
process.exitCode = await runCommand([run, ...commands], isBareRun ? ['run', ...args] : args, terminal)

/** Resolves when the server has ended. */
async function runServer(args: readonly string[]): Promise<number> {
  const flags = { ...configFlagOptions, 'accept-loss': { type: 'boolean', default: false } } as const
  const { values } = parseArgs({ args: withTwoDashes(args), options: flags })
  const { config, file, secrets } = loadConfig({
    file: values.config,
    environment: process.env,
    flags: configFlagsOf(values)
  })
  const sink = pino.destination({ fd: 2, sync: false })
  const knownSecrets = new KnownSecrets()
  knownSecrets.add(() => secretsOfFields(sections, config))
  const log = createLogger(sink, config.logging.level.toLowerCase() as LogLevel, knownSecrets.redact)
  process.on('exit', () => sink.flushSync())
  exitOnCrash(log)

  log.info('starting', { version: VERSION, config: file ?? 'defaults', 'data-dir': config.data_dir })
  const options = { acceptLoss: values['accept-loss'], secrets, knownSecrets }
  const starting = startServer(config, log, options).catch((error: unknown) => {
    throw new Error(knownSecrets.redact(messageOf(error)), { cause: error })
  })
  const stopped = stopOnSignal(starting, log)
  const { url } = await starting
  log.info('listening', { url })
  return await stopped
}

/** The first signal ends in order, the second at once. Resolves only where the server never started. */
function stopOnSignal(starting: Promise<RunningServer>, log: RootLogger): Promise<number> {
  return new Promise((resolve) => {
    let stoppingSinceMs: number | undefined
    const stop = (signal: string): void => {
      if (stoppingSinceMs !== undefined) {
        if (performance.now() - stoppingSinceMs > ECHO_MS) exit(1)
        return
      }
      stoppingSinceMs = performance.now()
      log.info('stopping', { signal })
      setTimeout(() => {
        log.error('gave up waiting for an orderly end of the server', { 'after-ms': STOP_MAX_MS })
        exit(1)
      }, STOP_MAX_MS).unref()
      void starting.then(
        async (server) => {
          const failed = await server.close()
          const isStored = !failed.some(({ stores }) => stores)
          log.info('stopped', failed.length === 0 ? {} : { 'not-in-order': failed.map(({ name }) => name) })
          if (failed.length > 0) exit(isStored ? 0 : 1)
          process.exit(0)
        },
        () => resolve(1) // It has said why.
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    if (isOfNpmStart()) stopWithParent(stop)
  })
}

/** Ends the server with npm, also where that is killed and cannot pass a signal on. */
function stopWithParent(stop: (reason: string) => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) stop('npm has ended')
  }, PARENT_LOOK_MS).unref()
}

function isOfNpmStart(): boolean {
  return process.env['npm_package_name'] === 'kapok' && process.env['npm_lifecycle_event'] === 'start'
}

/**
 * Ends the process where some of it still works. Node waits for threads, and for what the database does in its own: so
 * another process sees to it that this one is gone.
 */
function exit(code: number): never {
  const kill = `const parent = process.ppid
    setTimeout(() => process.ppid === parent && process.kill(parent, 'SIGKILL'), ${LINGER_MAX_MS})`
  spawn(process.execPath, ['-e', kill], { detached: true, stdio: 'ignore' }).unref()
  process.exit(code)
}

/** Ends the process after an error of ours, and says why: nobody knows what state it left. */
function exitOnCrash(log: RootLogger): void {
  const crash = (error: unknown): void => {
    log.error('crash', { err: error instanceof Error ? error : new Error(messageOf(error)) })
    process.exit(70)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}
