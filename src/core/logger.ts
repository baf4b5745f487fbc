import { pino, type Logger as Pino } from 'pino'
import { LOG_LEVELS, type LogLevel } from './log-level.ts'
import type { Redact } from './redact.ts'

/**
 * The fields of a line. What went wrong is under `err`, as in Kapacitor: a text, or an error of ours, which is written
 * with its stack.
 */
export type LogFields = Readonly<Record<string, unknown>> & { readonly error?: never }

/**
 * The process's log: one JSON object a line (`ts`, `lvl`, `msg`, `service`, then the fields), as Kapacitor's log
 * endpoint gives them. The level can be changed while it runs, for all children at once.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines carry these fields too, such as `{ service: 'http' }`. */
  child(fields: LogFields): Logger
}

/** Gets every line that is logged, the newline included. */
export type LogListener = (line: string) => void

export interface RootLogger extends Logger {
  level: LogLevel
  /** Starts to tell `listener` of every line; returns how to end that. */
  listen(listener: LogListener): () => void
  /**
   * The level as an index into `LOG_LEVELS`, in shared memory: other threads keep from sending what would be left out.
   */
  readonly gate: Int32Array<SharedArrayBuffer>
}

/**
 * @param sink Where lines go, such as a stream of standard error.
 * @param redact Takes secrets out of the stacks of errors of ours, which may quote anything.
 */
export function createLogger(
  sink: { write(line: string): unknown },
  level: LogLevel = 'info',
  redact: Redact = (text) => text
): RootLogger {
  const listeners = new Set<LogListener>()
  const destination = {
    write(line: string) {
      sink.write(line)
      for (const listener of listeners) listener(line)
    }
  }
  const options = {
    level: 'debug',
    base: null,
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ lvl: label }) },
    serializers: { err: (err: unknown) => (err instanceof Error ? redact(err.stack ?? err.message) : err) }
  }
  const gate = new Int32Array(new SharedArrayBuffer(4))
  gate[0] = LOG_LEVELS.indexOf(level)
  return new Root(pino(options, destination), gate, listeners)
}

/** Says nothing: for tests and for what runs without a server. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger
}

/** Children share the gate: pino's own would keep the level that they were made at. */
class GatedLogger implements Logger {
  readonly #pino: Pino
  readonly #gate: Int32Array

  constructor(root: Pino, gate: Int32Array) {
    this.#pino = root
    this.#gate = gate
  }

  debug(message: string, fields: LogFields = {}): void {
    if (this.#gate[0]! === 0) this.#pino.debug(fields, message)
  }

  info(message: string, fields: LogFields = {}): void {
    if (this.#gate[0]! <= 1) this.#pino.info(fields, message)
  }

  warn(message: string, fields: LogFields = {}): void {
    if (this.#gate[0]! <= 2) this.#pino.warn(fields, message)
  }

  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, message)
  }

  child(fields: LogFields): Logger {
    return new GatedLogger(this.#pino.child(fields), this.#gate)
  }
}

class Root extends GatedLogger implements RootLogger {
  readonly gate: Int32Array<SharedArrayBuffer>
  readonly #listeners: Set<LogListener>

  constructor(root: Pino, gate: Int32Array<SharedArrayBuffer>, listeners: Set<LogListener>) {
    super(root, gate)
    this.gate = gate
    this.#listeners = listeners
  }

  get level(): LogLevel {
    return LOG_LEVELS[this.gate[0]!]!
  }

  set level(level: LogLevel) {
    this.gate[0] = LOG_LEVELS.indexOf(level)
  }

  listen(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
