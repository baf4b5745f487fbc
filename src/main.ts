#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { withTwoDashes } from './cli/command.ts'
import { commands } from './cli/commands/index.ts'
import { runCommand } from './cli/run-command.ts'
import { configFlagOptions, configFlagsOf } from './cli/server-flags.ts'
import { loadConfig } from './config/load.ts'
import { messageOf } from './core/errors.ts'
import { type LogLevel } from './core/log-level.ts'
import { createLogger, type RootLogger } from './core/logger.ts'
import { VERSION } from './core/version.ts'
import { type RunningServer, startServer } from './server.ts'

/** Longest time that an orderly end may take. */
const STOP_MAX_MS = 30_000

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
  const options = { ...configFlagOptions, 'accept-loss': { type: 'boolean', default: false } } as const
  const { values } = parseArgs({ args: withTwoDashes(args), options })
  const { config, file } = loadConfig({
    file: values.config,
    environment: process.env,
    flags: configFlagsOf(values)
  })
  const sink = pino.destination({ fd: 2, sync: false })
  const log = createLogger(sink, config.logging.level.toLowerCase() as LogLevel)
  process.on('exit', () => sink.flushSync())
  crashOnMistakes(log)

  log.info('starting', { version: VERSION, config: file ?? 'defaults', 'data-dir': config.data_dir })
  const starting = startServer(config, log, values['accept-loss'])
  const stopped = stopOnSignal(starting, log)
  const { url } = await starting
  log.info('listening', { url })
  return await stopped
}

/** The first signal ends in order, the second at once. */
function stopOnSignal(starting: Promise<RunningServer>, log: RootLogger): Promise<number> {
  return new Promise((resolve) => {
    let isStopping = false
    const stop = (signal: string): void => {
      if (isStopping) process.exit(1)
      isStopping = true
      log.info('stopping', { signal })
      setTimeout(() => {
        log.error('gave up waiting for an orderly end', { 'after-ms': STOP_MAX_MS })
        process.exit(1)
      }, STOP_MAX_MS).unref()
      void starting
        .then((server) => server.close())
        .then(
          () => {
            log.info('stopped')
            resolve(0)
          },
          () => resolve(1) // It never started, and has said so.
        )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}

/** A mistake of ours: what state it left is not known, so the process ends and says why. */
function crashOnMistakes(log: RootLogger): void {
  const crash = (error: unknown): void => {
    log.error('crash', { error: error instanceof Error ? error.stack : messageOf(error) })
    process.exit(70)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}
