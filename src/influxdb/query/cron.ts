/**
 * Cron as Kapacitor's library (gorhill/cronexpr) reads it: five fields; six with the year last; seven with the second
 * first. By hand: of 6,000 random expressions croner 11 refuses a third that the original takes (`5/15`, `friday`, `LW,5`)
 * and answers some others differently; it has other words for problems, too.
 */
export type ReadCron = { readonly ok: true; readonly cron: Cron } | { readonly ok: false; readonly error: string }

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly pattern: string
  readonly words?: readonly string[]
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ')
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const wordsPattern = (words: readonly string[]): string => words.flatMap((word) => [word, word.slice(0, 3)]).join('|')

const SECOND: Field = { name: 'second', min: 0, max: 59, pattern: '0?[0-9]|[1-5][0-9]' }
const MINUTE: Field = { ...SECOND, name: 'minute' }
const HOUR: Field = { name: 'hour', min: 0, max: 23, pattern: '0?[0-9]|1[0-9]|2[0-3]' }
const DAY_OF_MONTH: Field = { name: 'day-of-month', min: 1, max: 31, pattern: '0?[1-9]|[12][0-9]|3[01]' }
const MONTH: Field = {
  name: 'month', min: 1, max: 12, pattern: `0?[1-9]|1[012]|${wordsPattern(MONTHS)}`, words: ['', ...MONTHS]
} // prettier-ignore
const DAY_OF_WEEK: Field = {
  name: 'day-of-week',
  min: 0,
  max: 6,
  pattern: `0?[0-7]|${wordsPattern(DAYS)}`,
  words: DAYS
}
const YEAR: Field = { name: 'year', min: 1970, max: 2099, pattern: '19[789][0-9]|20[0-9]{2}' }

const ALIASES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 * *',
  '@annually': '0 0 0 1 1 * *',
  '@monthly': '0 0 0 1 * * *',
  '@weekly': '0 0 0 * * 0 *',
  '@daily': '0 0 0 * * * *',
  '@hourly': '0 0 * * * * *'
}

/** The error is Kapacitor's text. */
export function readCron(text: string): ReadCron {
  try {
    return { ok: true, cron: new Cron(text) }
  } catch (error) {
    if (error instanceof CronSyntaxError) return { ok: false, error: error.message }
    throw error
  }
}

class CronSyntaxError extends Error {}

export class Cron {
  readonly #seconds: readonly number[]
  readonly #minutes: readonly number[]
  readonly #hours: readonly number[]
  readonly #months: ReadonlySet<number>
  readonly #years: ReadonlySet<number>
  readonly #days: readonly DayRule[]

  /** @throws CronSyntaxError */
  constructor(text: string) {
    const fields = text.replace(/@\w+/g, (alias) => ALIASES[alias] ?? alias).match(/\S+/g) ?? []
    if (fields.length < 5) throw new CronSyntaxError('missing field(s)')
    const [second = '', minute = '', hour = '', day = '', month = '', weekday = '', year = ''] =
      fields.length >= 7 ? fields : ['0', ...fields, '*']
    this.#seconds = valuesOf(second, SECOND)
    this.#minutes = valuesOf(minute, MINUTE)
    this.#hours = valuesOf(hour, HOUR)
    const ofMonth = dayRules(day, DAY_OF_MONTH, specialDayOfMonth)
    this.#months = new Set(valuesOf(month, MONTH))
    const ofWeek = dayRules(weekday, DAY_OF_WEEK, specialDayOfWeek)
    this.#years = new Set(valuesOf(year, YEAR))
    // Where both restrict the days, either will do.
    this.#days = ofMonth === undefined && ofWeek === undefined ? [() => true] : [...(ofMonth ?? []), ...(ofWeek ?? [])]
  }

  /**
   * The first match after a time on the wall, both as milliseconds that UTC would call the same; undefined where there
   * is none until 2099.
   */
  nextAfter(wall: number): number | undefined {
    const from = new Date(Math.floor(wall / 1000) * 1000 + 1000)
    const firstYear = Math.max(YEAR.min, from.getUTCFullYear())
    for (let year = firstYear; year <= YEAR.max; year++) {
      if (!this.#years.has(year)) continue
      const isFirstYear = year === from.getUTCFullYear()
      for (let month = isFirstYear ? from.getUTCMonth() : 0; month < 12; month++) {
        if (!this.#months.has(month + 1)) continue
        const isFirstMonth = isFirstYear && month === from.getUTCMonth()
        const date = new Month(year, month)
        for (let day = isFirstMonth ? from.getUTCDate() : 1; day <= date.length; day++) {
          if (!this.#days.some((isDay) => isDay(day, date))) continue
          const isFirstDay = isFirstMonth && day === from.getUTCDate()
          const time = this.#timeFrom(isFirstDay ? from : new Date(0))
          if (time !== undefined) return Date.UTC(year, month, day, ...time)
        }
      }
    }
    return undefined
  }

  /** The first time of a day that is not before that of `from`. */
  #timeFrom(from: Date): [number, number, number] | undefined {
    const [firstMinute, firstSecond] = [this.#minutes[0]!, this.#seconds[0]!]
    for (const hour of this.#hours) {
      if (hour < from.getUTCHours()) continue
      if (hour > from.getUTCHours()) return [hour, firstMinute, firstSecond]
      for (const minute of this.#minutes) {
        if (minute < from.getUTCMinutes()) continue
        if (minute > from.getUTCMinutes()) return [hour, minute, firstSecond]
        const second = this.#seconds.find((one) => one >= from.getUTCSeconds())
        if (second !== undefined) return [hour, minute, second]
      }
    }
    return undefined
  }
}

/** Whether a day of a month is meant. */
type DayRule = (day: number, month: Month) => boolean

class Month {
  readonly length: number
  readonly #firstWeekday: number

  constructor(year: number, month: number) {
    this.length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    this.#firstWeekday = new Date(Date.UTC(year, month, 1)).getUTCDay()
  }

  weekdayOf(day: number): number {
    return (this.#firstWeekday + day - 1) % 7
  }

  /** The day from Monday to Friday that is nearest to it, in this month. */
  workdayNear(day: number): number {
    const weekday = this.weekdayOf(day)
    if (weekday === 6) return day > 1 ? day - 1 : day + 2
    if (weekday === 0) return day < this.length ? day + 1 : day - 2
    return day
  }
}

function specialDayOfMonth(text: string): DayRule | undefined {
  if (text === 'l') return (day, month) => day === month.length
  if (text === 'lw') return (day, month) => day === month.workdayNear(month.length)
  const near = matchOf(`(${DAY_OF_MONTH.pattern})w`, text)
  if (near === undefined) return undefined
  const wanted = Number(near[1])
  return (day, month) => wanted <= month.length && day === month.workdayNear(wanted)
}

function specialDayOfWeek(text: string): DayRule | undefined {
  const last = matchOf(`(${DAY_OF_WEEK.pattern})l`, text)
  if (last !== undefined) {
    const wanted = numberOf(last[1]!, DAY_OF_WEEK) % 7
    return (day, month) => month.weekdayOf(day) === wanted && day + 7 > month.length
  }
  const nth = matchOf(`(${DAY_OF_WEEK.pattern})#([1-5])`, text)
  if (nth === undefined) return undefined
  const wanted = numberOf(nth[1]!, DAY_OF_WEEK) % 7
  return (day, month) => month.weekdayOf(day) === wanted && Math.ceil(day / 7) === Number(nth[2])
}

/** Rules of which one has to hold; undefined where every day is meant. */
function dayRules(
  text: string,
  field: Field,
  special: (text: string) => DayRule | undefined
): readonly DayRule[] | undefined {
  const isOfMonth = field === DAY_OF_MONTH
  const rules = entriesOf(text, field).map((entry): DayRule | 'all' => {
    const values = rangeOf(entry, field)
    if (values === 'all') return 'all'
    if (values !== undefined) {
      const days = new Set(values.map((value) => (isOfMonth ? value : value % 7)))
      return (day, month) => days.has(isOfMonth ? day : month.weekdayOf(day))
    }
    const rule = special(entry.toLowerCase())
    if (rule === undefined) throw syntaxError(entry, field)
    return rule
  })
  return rules.includes('all') ? undefined : (rules as DayRule[])
}

/** All values of a field, ascending. */
function valuesOf(text: string, field: Field): readonly number[] {
  const values = new Set<number>()
  for (const entry of entriesOf(text, field)) {
    const range = rangeOf(entry, field)
    if (range === undefined) throw syntaxError(entry, field)
    for (const value of range === 'all' ? stepsOf(field.min, field.max, 1) : range) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}

function entriesOf(text: string, field: Field): readonly string[] {
  const entries = text.match(/[^,]+/g)
  if (entries === null) throw new CronSyntaxError(`${field.name} field: missing directive`)
  return entries
}

/** `*`, `5`, `5-20`, with a `/2` behind; undefined for what is none of these. */
function rangeOf(entry: string, field: Field): 'all' | readonly number[] | undefined {
  const text = entry.toLowerCase()
  if (text === '*' || text === '?') return 'all'
  const value = `(${field.pattern})`
  const match = matchOf(`(?:\\*|${value}(?:-${value})?)(?:/(\\d+))?`, text)
  if (match === undefined) return undefined
  const [, low, high, interval] = match
  const step = interval === undefined ? 1 : Number(interval)
  if (step < 1 || step > field.max) throw new CronSyntaxError(`invalid interval ${text}`)
  const first = low === undefined ? field.min : numberOf(low, field)
  // A week may end with Sunday as its seventh day.
  const isSunday = field === DAY_OF_WEEK && first > 0 && high !== undefined && numberOf(high, field) === 0
  const openEnd = low === undefined || interval !== undefined ? field.max : first
  const last = isSunday ? 7 : high === undefined ? openEnd : numberOf(high, field)
  // Differs: a range that runs backwards is refused; the original then stops the whole process at the first tick.
  return last < first ? undefined : stepsOf(first, last, step)
}

function stepsOf(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step)
}

function numberOf(text: string, { words }: Field): number {
  const index = words?.findIndex((word) => word !== '' && word.startsWith(text.slice(0, 3))) ?? -1
  return index >= 0 ? index : Number(text)
}

function matchOf(pattern: string, text: string): RegExpExecArray | undefined {
  return new RegExp(`^(?:${pattern})$`).exec(text) ?? undefined
}

function syntaxError(entry: string, field: Field): CronSyntaxError {
  return new CronSyntaxError(`syntax error in ${field.name} field: '${entry}'`)
}
