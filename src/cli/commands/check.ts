import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigInvalid, type ConfigProblem } from '../../config/config-file.ts'
import { loadConfig } from '../../config/load.ts'
import { checkNotifyFiles } from '../../notify/files/check.ts'
import { type Command, withTwoDashes } from '../command.ts'
import { problemLine } from '../problem-line.ts'

export const check: Command = {
  name: 'check',
  usage: '[--json] [FOLDER]',
  summary: 'Says what is wrong with a folder of configuration (default: config), without a server: exit code 0, or 1.',
  async run(args, { out, error }) {
    const { values, positionals } = parseArgs({
      args: withTwoDashes(args),
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true
    })
    const [folder = 'config'] = positionals
    const { entries, problems: found, warnings } = await checkNotifyFiles(folder)
    const problems = [...serverProblems(folder), ...found]
    const ok = problems.length === 0
    if (values.json) {
      const ids = (kind: string) => entries.filter((entry) => entry.kind === kind).map(({ id }) => id)
      const found = { filters: ids('filter'), routes: ids('route') }
      out(`${JSON.stringify({ ok, folder, problems, warnings, ...found }, null, 2)}\n`)
    } else {
      for (const problem of problems) error(problemLine(problem))
      for (const warning of warnings) error(problemLine({ ...warning, message: `warning: ${warning.message}` }))
      if (ok) out(`${folder} is fine: ${entries.length} filters and routes.\n`)
    }
    return ok ? 0 : 1
  }
}

/** Of the file that the server itself is configured by. */
function serverProblems(folder: string): readonly ConfigProblem[] {
  const file = join(folder, 'kapok.yaml')
  if (!existsSync(file)) return []
  try {
    loadConfig({ file, environment: {} })
    return []
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems
    throw error
  }
}
