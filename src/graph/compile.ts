import type { Result } from '../tick/result.ts'
import { parse } from '../tick/parser.ts'
import { type BuiltScript, buildGraph, type ScriptInput } from './build.ts'

/** What a script means, from its text: for threads that run a task, which get no more of it. Errors are as `buildGraph`'s. */
export function compileScript({
  script,
  ...input
}: Omit<ScriptInput, 'program'> & { readonly script: string }): Result<BuiltScript> {
  const program = parse(script)
  return program.ok ? buildGraph({ ...input, program: program.value }) : program
}
