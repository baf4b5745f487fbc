import { findMember, type JsonObject } from '../../core/json.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { VersionResult } from '../../recordings/backtest.ts'
import { type TransitionChange, transitionJson } from '../../recordings/transitions.ts'
import type { TaskVersion } from '../../tasks/service.ts'
import { decodeVars } from '../../tick/vars.ts'
import { type App, KAPOK_BASE } from '../app.ts'
import { dbrpOf, listMember, textMember } from '../body.ts'
import { asks } from '../changes.ts'
import { GoBody } from '../go-body.ts'
import { InvalidJson } from '../problems.ts'
import type { Services } from '../services.ts'
import { statsJson } from '../stats.ts'
import { expensive } from '../rate-limit.ts'

/** Two versions of a task over one recording: what would be told otherwise. */
export function backtestEndpoints(app: App, { backtests }: Pick<Services, 'backtests'>): void {
  app.post(`${KAPOK_BASE}/backtests`, expensive(asks('tasks')), async (request) => {
    const body = new GoBody(request, 'BacktestOptions')
    const abort = new AbortController()
    request.raw.socket.once('close', () => abort.abort())
    const [before, after] = [versionOf(body.object('before')), versionOf(body.object('after'))]
    const result = await backtests.run(body.text('recording'), before, after, abort.signal)
    const { added, missing, changedTime, changedText, same } = result.diff
    return {
      points: result.points,
      before: summary(result.before),
      after: summary(result.after),
      same,
      added: added.map(transitionJson),
      missing: missing.map(transitionJson),
      'changed-time': changedTime.map(changeJson),
      'changed-text': changedText.map(changeJson)
    }
  })
}

/** `task` names a stored one; `script`, `vars` and `dbrps` stand in place of its own. */
function versionOf(given: JsonObject | undefined): TaskVersion {
  const object: JsonObject = given ?? new Map()
  const vars = decodeVars(findMember(object, 'vars'))
  if (!vars.ok) throw InvalidJson()
  return {
    task: textMember(object, 'task'),
    script: textMember(object, 'script'),
    vars: vars.value,
    dbrps: listMember(object, 'dbrps', dbrpOf)
  }
}

function summary({ error, events, transitions, isCut, stats }: VersionResult): JsonOutput {
  return {
    error,
    events,
    transitions: transitions.length,
    'is-cut': isCut,
    stats: stats === undefined ? {} : statsJson(stats)
  }
}

function changeJson({ before, after }: TransitionChange): JsonOutput {
  return { before: transitionJson(before), after: transitionJson(after) }
}
