import type { LambdaFunction } from '../../src/lambda/functions/spec.ts'
import { code, page, table } from './markdown.ts'

export function functionsPage(functions: readonly LambdaFunction[]): string {
  const rows = functions
    .toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    .map(({ name, summary, signatures, state }) => [
      signatures.map(({ args, returns }) => code(`${name}(${args.join(', ')}) ${returns}`)).join('<br>'),
      state === undefined ? summary : `${summary} It remembers what it saw, by group.`
    ])
  return page('Lambda functions', 'What expressions in `lambda:` can call.', [table(['Function', 'Result'], rows)])
}
