import { formatInstant } from '../../core/instant.ts'
import { type Alert, findProblem, viewOf } from '../alert.ts'
import { instantOfDate, normalizeDate, utcDate, ZERO_DATE } from '../date.ts'
import type { AlertView, EditedAlert } from '../expression.ts'
import { param } from '../params.ts'
import { defineFilter } from './filter.ts'
import { refuse } from './freq.ts'

export default defineFilter({
  type: 'edit',
  summary: 'Changes the alerts that match by JavaScript.',
  params: { code: param.program('What is done to `alert`.', { isRequired: true, isShown: true }) },
  words: (id) => (_, problem) => `edit:${id}: ${problem}`,
  commonPrefix: (id) => `edit:${id}: `,
  refusesAll: (id) => `edit:${id}: all is not supported`,
  // Differs: the functions of `scripts` can be used in the code, too.
  async open({ code }, { id, prepare }) {
    const script = await prepare(code, 'edit').catch(refuse(`edit:${id}`))
    return {
      newState: () => undefined,
      async apply(alerts, matches, run) {
        const outcomes = (await script.run(alerts.filter((_, index) => matches[index]).map(editableView))).values()
        return alerts.map((alert, index) => {
          if (!matches[index]) return alert
          const outcome = outcomes.next().value!
          if (!outcome.ok) return run.fail(alert, outcome.message)
          const next = readBack(alert, outcome.value as EditedAlert)
          return typeof next === 'string' ? run.fail(alert, next) : run.replace(alert, next)
        })
      }
    }
  }
})

/** Members of Info that are null are not there for the code. */
function editableView(alert: Alert): AlertView {
  const info = Object.entries(alert.info).filter(([, value]) => value !== null)
  return { ...viewOf(alert), Info: Object.fromEntries(info) }
}

/** The alert that the code has made, or what is wrong with it, in kkok's words. */
function readBack(alert: Alert, edited: EditedAlert): Alert | string {
  const { Routes: routes = [], Info: info = {}, Stats: stats = {}, Sub } = edited
  for (const name of ['From', 'Host', 'Title', 'Message'] as const) {
    if (edited[name] !== undefined && typeof edited[name] !== 'string') return `${name} is not a string`
  }
  const date = dateOf(alert, edited.Date)
  if (date === undefined) return 'Date is not a JavaScript object'
  if (!isList(routes) || !routes.every((one) => typeof one === 'string')) return 'Routes is not []string'
  if (!isObject(info)) return 'Info is not map[string]interface{}'
  if (!isObject(stats)) return 'Stats is not map[string]interface{}'
  if (!Object.values(stats).every((one) => typeof one === 'number')) return 'non-integer value in Stats'
  const { From = '', Host = '', Title = '', Message = '' } = edited as Readonly<Record<string, string>>
  const next: Alert = {
    from: From,
    date,
    host: Host,
    title: Title,
    message: Message,
    routes,
    info: Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined)),
    stats: stats as Readonly<Record<string, number>>,
    sub: (Sub ?? []).flatMap((index) => alert.sub[index] ?? []),
    ...(alert.source !== undefined && { source: alert.source })
  }
  return findProblem(next) ?? next
}

/** Differs: a date that the code leaves alone keeps its offset and its digits; the original cuts both. */
function dateOf({ date }: Alert, edited: unknown): string | undefined {
  if (edited === undefined) return ZERO_DATE
  const iso = isObject(edited) && typeof edited.iso === 'string' ? normalizeDate(edited.iso) : undefined
  if (iso === undefined) return undefined
  const given = formatInstant({ ...instantOfDate(date), ns: 0 })
  return utcDate(iso) === given ? date : utcDate(iso)
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
