import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ConfigProblem } from '../../config/config-file.ts'
import type { Environment } from '../../config/env.ts'
import { checkConfigFile, type ConfigCheck } from '../../config/load.ts'
import { checkNotifyFiles } from '../../notify/files/check.ts'
import { type Command, withTwoDashes } from '../command.ts'
import { problemLine } from '../problem-line.ts'

export const check: Command = {
  name: 'check',
  usage: '[--json] [FOLDER]',
  summary: 'Says what is wrong with a folder of configuration (default: config), without a server: exit code 0, or 1.',
  async run(args, { environment, out, error }) {
    const { values, positionals } = parseArgs({
      args: withTwoDashes(args),
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true
    })
    const [folder = 'config'] = positionals
    const files = await checkNotifyFiles(folder, environment)
    const server = checkServerFile(folder, environment)
    const problems = [...server.problems, ...files.problems]
    const warnings = [...[...server.missing, ...files.missing].map(asWarning), ...files.warnings]
    const ok = problems.length === 0
    if (values.json) {
      const ids = (kind: string) => files.entries.filter((entry) => entry.kind === kind).map(({ id }) => id)
      const found = { filters: ids('filter'), routes: ids('route') }
      out(`${JSON.stringify({ ok, folder, problems, warnings, ...found }, null, 2)}\n`)
    } else {
      for (const problem of problems) error(problemLine(problem))
      for (const warning of warnings) error(problemLine({ ...warning, message: `warning: ${warning.message}` }))
      if (ok) out(`${folder} is fine: ${files.entries.length} filters and routes.\n`)
    }
    return ok ? 0 : 1
  }
}

/** Checks the file that the server itself is configured by. */
function checkServerFile(folder: string, environment: Environment): ConfigCheck {
  const file = join(folder, 'kapok.yaml')
  return existsSync(file) ? checkConfigFile(file, environment) : { problems: [], missing: [] }
}

/** The machine that checks a change rarely has the secrets of the one that runs it. */
function asWarning({ message, ...place }: ConfigProblem): ConfigProblem {
  return { ...place, message: `${message} (a server takes the file only then)` }
}
