import { parseArgs } from 'node:util'
import { checkNotifyFiles } from '../../notify/files/check.ts'
import type { Changes, ConfigurationChanges } from '../../notify/changes.ts'
import { ADDRESS_USAGE, addressOf, addressOptions, askServer } from '../client.ts'
import { type Command, withTwoDashes } from '../command.ts'
import { problemLine } from '../problem-line.ts'

export const plan: Command = {
  name: 'plan',
  usage: `[--json] ${ADDRESS_USAGE} [FOLDER]`,
  summary: 'Says what a running server would change if it took over a folder of configuration (default: config).',
  async run(args, { environment, out, error }) {
    const { values, positionals } = parseArgs({
      args: withTwoDashes(args),
      options: { ...addressOptions, json: { type: 'boolean', default: false } },
      allowPositionals: true
    })
    const { entries, warnings, ...found } = await checkNotifyFiles(positionals[0] ?? 'config', environment)
    // What a reference stands for decides whether something changes; the server does not resolve those of its clients.
    const problems = [...found.problems, ...found.missing]
    if (problems.length > 0) {
      for (const problem of problems) error(problemLine(problem))
      return 1
    }
    for (const warning of warnings) error(problemLine({ ...warning, message: `warning: ${warning.message}` }))
    const listOf = (kind: string) =>
      entries.filter((entry) => entry.kind === kind).map(({ id, definition }) => ({ id, definition }))
    const set = { filters: listOf('filter'), routes: listOf('route') }
    const changes = (await askServer(
      addressOf(values, environment),
      'POST',
      '/config/plan',
      set
    )) as ConfigurationChanges
    out(values.json ? `${JSON.stringify(changes, null, 2)}\n` : textOf(changes))
    return 0
  }
}

function textOf({ filters, routes }: ConfigurationChanges): string {
  const lines = [...linesOf('filter', filters), ...linesOf('route', routes)]
  return lines.length === 0 ? 'Nothing would change.\n' : lines.join('')
}

function linesOf(kind: string, { added, changed, removed }: Changes): string[] {
  return [
    ...added.map((id) => `+ ${kind} ${id}\n`),
    ...changed.map((id) => `~ ${kind} ${id}\n`),
    ...removed.map((id) => `- ${kind} ${id}\n`)
  ]
}
