import { findNearest } from '../core/nearest.ts'
import { messageOf } from '../core/errors.ts'
import type { Command, Terminal } from './command.ts'

/**
 * Runs the command that the first argument names, `help` among them.
 * @returns The exit code: 1 for a command that failed, 2 for arguments that make no sense.
 */
export async function runCommand(
  commands: readonly Command[],
  [name = 'help', ...args]: readonly string[],
  terminal: Terminal
): Promise<number> {
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return await runOne(command, args, terminal)
  if (/^(help|-h|--?help)$/.test(name)) return help(commands, args[0], terminal)
  terminal.error(`Unknown command ${name}${hintOf(name, commands)}\n${usageOf(commands)}`)
  return 2
}

async function runOne(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command.run(args, terminal)
  } catch (error) {
    terminal.error(`${command.name}: ${messageOf(error)}\n`)
    const isBadFlag = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
    if (isBadFlag) terminal.error(`Usage: kapok ${command.name} ${command.usage}\n`)
    return isBadFlag ? 2 : 1
  }
}

function help(commands: readonly Command[], topic: string | undefined, { out, error }: Terminal): number {
  const command = commands.find(({ name }) => name === topic)
  if (command !== undefined) out(`Usage: kapok ${command.name} ${command.usage}\n\n${command.summary}\n`)
  else if (topic === undefined) out(usageOf(commands))
  else error(`Unknown command ${topic}${hintOf(topic, commands)}\n`)
  return command === undefined && topic !== undefined ? 2 : 0
}

function hintOf(name: string, commands: readonly Command[]): string {
  const nearest = findNearest(
    name,
    commands.map((command) => command.name)
  )
  return nearest === undefined ? '' : `, did you mean ${nearest}?`
}

function usageOf(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}\n`)
  return `Usage: kapok COMMAND [ARGUMENTS]\n\n${lines.join('')}\n'kapok help COMMAND' says more.\n`
}
