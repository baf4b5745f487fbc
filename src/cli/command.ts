/** A command of the `kapok` program other than running the server. */
export interface Command {
  readonly name: string
  /** What follows the name on the usage line. */
  readonly usage: string
  readonly summary: string
  /** @returns The exit code. */
  run(args: readonly string[], terminal: Terminal): number | Promise<number>
}

/** What a command may touch of the world. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  out(text: string): void
  error(text: string): void
}

/** Go's flags have one dash, ours two; both are taken. */
export function withTwoDashes(args: readonly string[]): string[] {
  return args.map((arg) => (/^-[a-z]{2}/.test(arg) ? `-${arg}` : arg))
}
