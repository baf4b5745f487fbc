import { parseArgs } from 'node:util'
import { checkNotifyFiles } from '../../notify/files/check.ts'
import type { Changes, ConfigurationChanges } from '../../notify/changes.ts'
import { type Command, withTwoDashes } from '../command.ts'
import { problemLine } from '../problem-line.ts'

export const plan: Command = {
  name: 'plan',
  usage: '[--json] [--url URL] [--token TOKEN] [FOLDER]',
  summary: 'Says what a running server would change if it took over a folder of configuration (default: config).',
  async run(args, { environment, out, error }) {
    const { values, positionals } = parseArgs({
      args: withTwoDashes(args),
      options: {
        json: { type: 'boolean', default: false },
        url: { type: 'string', default: environment.KAPOK_URL || environment.KAPACITOR_URL || 'http://localhost:9092' },
        token: { type: 'string', default: environment.KAPOK_TOKEN ?? environment.KKOK_TOKEN ?? '' }
      },
      allowPositionals: true
    })
    const { entries, problems, warnings } = await checkNotifyFiles(positionals[0] ?? 'config')
    if (problems.length > 0) {
      for (const problem of problems) error(problemLine(problem))
      return 1
    }
    for (const warning of warnings) error(problemLine({ ...warning, message: `warning: ${warning.message}` }))
    const listOf = (kind: string) =>
      entries.filter((entry) => entry.kind === kind).map(({ id, definition }) => ({ id, definition }))
    const changes = await ask(values.url, values.token, { filters: listOf('filter'), routes: listOf('route') })
    out(values.json ? `${JSON.stringify(changes, null, 2)}\n` : textOf(changes))
    return 0
  }
}

async function ask(url: string, token: string, set: object): Promise<ConfigurationChanges> {
  const answer = await fetch(new URL('/config/plan', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token !== '' && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify(set)
  }).catch((error: Error) => {
    throw new Error(`${url}: ${error.cause instanceof Error ? error.cause.message : error.message}`, { cause: error })
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text.trim()}`)
  return JSON.parse(text) as ConfigurationChanges
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
