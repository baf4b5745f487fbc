import { commands } from '../../src/cli/commands/index.ts'
import { runCommand } from '../../src/cli/run-command.ts'

/** Runs a command as from a command line. @returns Its exit code and what it printed. */
export async function run(args: readonly string[], environment: Record<string, string> = {}) {
  let out = ''
  let error = ''
  const terminal = { environment, out: (text: string) => (out += text), error: (text: string) => (error += text) }
  const code = await runCommand(commands, args, terminal)
  return { code, out, error }
}
