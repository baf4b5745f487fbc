import { AppError, messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type Alert, viewOf } from '../alert.ts'
import { alertJson } from '../alert-json.ts'
import { mapFew } from '../../core/command.ts'
import type { ScriptOutcome } from '../expression.ts'
import { InvalidDefinition } from '../params.ts'
import type { FilterDeps } from './filter.ts'

/** Whether a condition holds, or why that is not known. */
export type ConditionVerdict = boolean | { readonly error: string }

/** The `if` of a filter: a verdict for each alert, the same one for all with `all`. */
export type Condition = (alerts: readonly Alert[]) => Promise<readonly ConditionVerdict[]>

/**
 * A command's condition that takes longer is killed.
 * Differs: in the original it may take for ever, and stop all delivery.
 */
const COMMAND_TIMEOUT_MS = 10_000

/** @param given As in the definition; undefined holds always. Fails with NOTIFY_DEFINITION and the like. */
export async function openCondition(given: unknown, deps: FilterDeps): Promise<Condition> {
  if (given === undefined) return (alerts) => Promise.resolve(alerts.map(() => true))
  if (typeof given === 'string') return openExpression(given, deps)
  if (!Array.isArray(given)) throw InvalidDefinition('if must be string or []string')
  return openCommand(given, deps)
}

async function openExpression(source: string, { id, all, prepare, log }: FilterDeps): Promise<Condition> {
  const script = await prepare(source, all ? 'alerts' : 'alert').catch((error: unknown) => {
    throw error instanceof AppError ? InvalidDefinition(`expr: ${source}: ${messageOf(error)}`) : error
  })
  return async (alerts) => {
    const outcomes = await script.run(alerts.map(viewOf))
    warnOfOddValues(outcomes, id, source, log)
    const verdicts = outcomes.map(verdictOf)
    return all ? alerts.map(() => verdicts[0]!) : verdicts
  }
}

/** Differs: one line a batch with their number, where the original writes one for each. */
function warnOfOddValues(outcomes: readonly ScriptOutcome[], id: string, expression: string, log: Logger): void {
  const count = outcomes.filter((outcome) => outcome.ok && typeof outcome.value !== 'boolean').length
  if (count > 0) log.warn('not a boolean expression', { id, expression, count })
}

function verdictOf(outcome: ScriptOutcome): ConditionVerdict {
  return outcome.ok ? Boolean(outcome.value) : { error: outcome.message }
}

function openCommand(given: readonly unknown[], { all, commands }: FilterDeps): Condition {
  const odd = given.find((one) => typeof one !== 'string')
  if (odd !== undefined) throw InvalidDefinition(`not a string: ${odd === null ? '<nil>' : JSON.stringify(odd)}`)
  const command = given as readonly string[]
  if (command.length === 0) throw InvalidDefinition('empty command')
  commands.check(command)
  const ask = async (input: string | undefined): Promise<ConditionVerdict> => {
    const result = await commands.run(command, { timeoutMs: COMMAND_TIMEOUT_MS, ...(input !== undefined && { input }) })
    // Differs: with `all` the original takes a program that cannot run for one that says no.
    return result.status === undefined ? { error: result.error } : result.status === 0
  }
  if (!all) return (alerts) => mapFew(alerts, (alert) => ask(`${alertJson(alert)}\n`))
  return async (alerts) => {
    const verdict = await ask(undefined)
    return alerts.map(() => verdict)
  }
}
