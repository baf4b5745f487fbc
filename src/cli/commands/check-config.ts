import { parseArgs } from 'node:util'
import { ConfigInvalid, type ConfigProblem } from '../../config/config-file.ts'
import { loadConfig } from '../../config/load.ts'
import { messageOf } from '../../core/errors.ts'
import { type Command, withTwoDashes } from '../command.ts'

export const checkConfig: Command = {
  name: 'check-config',
  usage: '[--json] [FILE]',
  summary: 'Says what is wrong with the configuration: exit code 0, or 1 where something is.',
  run(args, { environment, out, error }) {
    const { values, positionals } = parseArgs({
      args: withTwoDashes(args),
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true
    })
    const [file] = positionals
    const { checked, problems } = check(file, environment)
    if (values.json) out(`${JSON.stringify({ ok: problems.length === 0, file: checked ?? null, problems }, null, 2)}\n`)
    else if (problems.length === 0) out(`${checked ?? 'The configuration'} is fine.\n`)
    else error(problems.map((problem) => `${textOf(problem)}\n`).join(''))
    return problems.length === 0 ? 0 : 1
  }
}

type FileProblem = ConfigProblem | { readonly message: string }

function check(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>
): { readonly checked: string | undefined; readonly problems: readonly FileProblem[] } {
  try {
    return { checked: loadConfig({ file, environment }).file, problems: [] }
  } catch (error) {
    const problems = error instanceof ConfigInvalid ? error.problems : [{ message: messageOf(error) }]
    return { checked: file, problems }
  }
}

function textOf(problem: FileProblem): string {
  return 'file' in problem ? `${problem.file}:${problem.line}:${problem.column}: ${problem.message}` : problem.message
}
