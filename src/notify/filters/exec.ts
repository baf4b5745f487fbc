import { AppError, messageOf } from '../../core/errors.ts'
import { type Alert, findProblem } from '../alert.ts'
import { alertJson, alertsJson, InvalidAlert, parseAlert, parseAlerts } from '../alert-json.ts'
import { mapFew } from '../../core/command.ts'
import { InvalidDefinition, param } from '../params.ts'
import { defineFilter, type FilterRun } from './filter.ts'

export default defineFilter({
  type: 'exec',
  summary: 'Lets a program rewrite the alerts that match, or, with `all`, the whole batch.',
  params: {
    command: param.command('The program, which reads JSON and writes JSON, and its arguments.'),
    timeout: param.int('Seconds that one run may take.', 5)
  },
  words: (id) => (_, problem) => `filter:${id}: ${problem}`,
  commonPrefix: (id) => `filter:${id}: `,
  open({ command, timeout }, { id, all, commands, log }) {
    if (command.length === 0) throw InvalidDefinition(`filter:${id} empty command`)
    if (timeout <= 0) throw InvalidDefinition(`filter:${id} wrong timeout`)
    commands.check(command)

    async function rewrite<T>(input: string, parse: (output: string) => T): Promise<T | string> {
      const { error, output, stderr } = await commands.run(command, {
        input,
        timeoutMs: timeout * 1000,
        captures: true
      })
      if (error !== '') {
        log.error('a filter command failed', { filter: id, err: error, stderr })
        return error
      }
      try {
        return parse(output)
      } catch (error) {
        if (error instanceof AppError) return messageOf(error)
        throw error
      }
    }

    async function each(alerts: readonly Alert[], matches: readonly boolean[], run: FilterRun): Promise<Alert[]> {
      return await mapFew([...alerts.entries()], async ([index, alert]) => {
        if (!matches[index]) return alert
        const next = await rewrite(alertJson(alert), (output) => validated(parseAlert(output)))
        if (typeof next === 'string') return run.fail(alert, next)
        const { source } = alert
        return run.replace(alert, source === undefined ? next : { ...next, source })
      })
    }

    return {
      newState: () => undefined,
      async apply(alerts, matches, run) {
        if (!all) return await each(alerts, matches, run)
        if (!matches.includes(true)) return alerts
        const next = await rewrite(alertsJson(alerts), (output) => parseAlerts(output).map(validated))
        return typeof next === 'string' ? alerts.map((alert) => run.fail(alert, next)) : withSources(next, alerts)
      }
    }
  }
})

/** Gives alerts the events of those that they were, told by topic, id and date. */
function withSources(next: readonly Alert[], given: readonly Alert[]): Alert[] {
  const sources = new Map(given.map((alert) => [eventKey(alert), alert.source]))
  return next.map((alert) => {
    const key = eventKey(alert)
    const source = key === undefined ? undefined : sources.get(key)
    return source === undefined ? alert : { ...alert, source }
  })
}

function eventKey({ date, info: { topic, id } }: Alert): string | undefined {
  return typeof topic === 'string' && typeof id === 'string' ? JSON.stringify([topic, id, date]) : undefined
}

/** Differs: the original takes any output, also an alert without a sender or a title. */
function validated(alert: Alert): Alert {
  const problem = findProblem(alert)
  if (problem !== undefined) throw InvalidAlert(problem)
  return alert
}
