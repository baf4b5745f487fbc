import { defineError } from '../../core/errors.ts'
import type { AlertView, Script, ScriptOutcome, ScriptProgram, ScriptRunner } from '../expression.ts'
import { compileClosure, type Closure, runClosure } from './closure.ts'
import { parseProgram } from './program.ts'

const NoScripts = defineError(
  'SCRIPTS_OFF',
  400,
  () => '(anonymous): no script workers: only plain expressions can run'
)

/**
 * Prepares a program on the shortest path that can run it. Script files may change what an expression means, so with
 * them it goes to the workers. Fails with PROGRAM_INVALID, SCRIPTS_OFF, or as the runner does.
 */
export async function prepareProgram(program: ScriptProgram, runner: ScriptRunner | undefined): Promise<Script> {
  const { source, subject, scripts } = program
  const syntax = parseProgram(source, subject)
  if (scripts.length === 0 && subject !== 'edit') {
    const closure = compileClosure(syntax, subject)
    if (closure !== undefined) return new ClosureScript(closure, subject)
  }
  if (runner === undefined) throw NoScripts()
  return await runner.prepare(program)
}

class ClosureScript implements Script {
  readonly #closure: Closure
  readonly #subject: 'alert' | 'alerts'

  constructor(closure: Closure, subject: 'alert' | 'alerts') {
    this.#closure = closure
    this.#subject = subject
  }

  run(alerts: readonly AlertView[]): Promise<readonly ScriptOutcome[]> {
    const closure = this.#closure
    if (this.#subject === 'alerts') return Promise.resolve([runClosure(closure, alerts)])
    return Promise.resolve(alerts.map((alert) => runClosure(closure, alert)))
  }
}
