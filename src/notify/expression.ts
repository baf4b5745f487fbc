/**
 * The JavaScript of filters and transports, as those who use it see it: a program is prepared once and run over
 * alerts, always asynchronously, on plain copies. Plain expressions run as closures (`expression/closure.ts`), all
 * else in the script workers behind `ScriptRunner`; both give the same answers.
 *
 * Uses: `if` of a filter over `alert` or, with `all`, over `alerts`; `foreach` of freq, `by` of group and `color` of
 * slack over `alert`; `code` of edit, which changes `alert`.
 */

/** An alert as programs see it, with the names of the API. Plain data: it crosses to a worker by structured clone. */
export interface AlertView {
  readonly From: string
  /** RFC 3339, offset kept. Programs see an object with `Unix()`, `Hour()` …; those that edit see a JavaScript Date. */
  readonly Date: string
  readonly Host: string
  readonly Title: string
  readonly Message: string
  readonly Routes: readonly string[]
  /** JSON values. A member that is null reads as undefined. */
  readonly Info: Readonly<Record<string, unknown>>
  readonly Stats: Readonly<Record<string, number>>
  readonly Sub: readonly AlertView[]
}

/**
 * What a program works on:
 * - `alert`: one frozen alert; run for each, every time in an environment of its own.
 * - `alerts`: the frozen list of all of them; run once.
 * - `edit`: one plain alert that it may change; run for each.
 */
export type Subject = 'alert' | 'alerts' | 'edit'

/** A file of users' functions, run before the program in the same environment. */
export interface ScriptFile {
  /** Base name, for messages. */
  readonly name: string
  readonly source: string
}

export interface ScriptProgram {
  readonly source: string
  readonly subject: Subject
  readonly scripts: readonly ScriptFile[]
}

/**
 * What one run came to. `value` is that of the last expression statement: a primitive, or plain data for objects
 * (anything that is no data, such as a function, as `{}`). For `edit` it is the changed object, see `EditedAlert`.
 * A failure is an exception that the program threw, or a limit of time or memory that it met.
 */
export type ScriptOutcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string }

/** The members of the object that an `edit` program was given, as it left them; deleted ones are absent. */
export interface EditedAlert {
  readonly From?: unknown
  readonly Host?: unknown
  readonly Title?: unknown
  readonly Message?: unknown
  /** `{ iso }`, what `toISOString` gave, for an object that has it; any other value as it is. */
  readonly Date?: unknown
  readonly Routes?: unknown
  readonly Info?: unknown
  readonly Stats?: unknown
  /** Indexes into the given `Sub` of those that are still there; undefined where it is anything else than those. */
  readonly Sub?: readonly number[] | undefined
}

export interface Script {
  /** One outcome an alert, in order; for `alerts` exactly one. Never rejects for what the program does. */
  run(alerts: readonly AlertView[]): Promise<readonly ScriptOutcome[]>
}

/** Runs what is no plain expression: in workers, with limits of time and memory. */
export interface ScriptRunner {
  /**
   * The syntax of the source has been checked (ECMAScript 2020, script), that of the script files has not.
   * Rejects with NOTIFY_SCRIPT (`NAME: Line 1:5 …`) where a script file cannot be parsed or throws.
   */
  prepare(program: ScriptProgram): Promise<Script>
}
