import { EPOCH } from '../core/instant.ts'
import type { Value } from '../model/value.ts'
import type { Expression } from '../tick/ast.ts'
import { refuse, type Result, succeed } from '../tick/result.ts'
import type { ScriptValue } from '../tick/value.ts'
import { check } from './check.ts'
import { Programs, statesOf } from './compile.ts'
import { BUILT_IN } from './functions/index.ts'
import type { EvaluationOutcome } from './generate.ts'
import { messageOf } from '../core/errors.ts'

/**
 * Evaluates an expression of a script, such as `'cpu_' + string(5)`, once: value mode, with nothing in scope and
 * functions that remember nothing. Variables have been replaced by their values before.
 */
export function evaluateScriptExpression(node: Expression): Result<ScriptValue> {
  const checked = check(node)
  if (!checked.ok) return checked
  const { names, calls } = checked.value
  const outcome: EvaluationOutcome = { error: '', value: false }
  try {
    const program = new Programs(checked.value, BUILT_IN).get(
      'value',
      names.map(() => ({ source: 'undefined' }))
    )
    const run = program.bind(names.map(() => -1))
    const result = run([], [], EPOCH, statesOf(calls[0]!, BUILT_IN), outcome)
    return result > 0 ? succeed(scriptValue(program.type, outcome.value)) : refuse(outcome.error)
  } catch (error) {
    return refuse(messageOf(error))
  }
}

function scriptValue(type: 'int' | 'float' | 'string' | 'boolean' | 'duration', value: Value): ScriptValue {
  return { type, value } as ScriptValue
}
