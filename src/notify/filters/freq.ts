import { AppError, messageOf } from '../../core/errors.ts'
import type { Alert } from '../alert.ts'
import { InvalidDefinition, param } from '../params.ts'
import { defineFilter } from './filter.ts'
import { keysOf } from './key.ts'

/** How many alerts of a class came: all in all, and by the time of their batch, oldest first. */
interface Class {
  total: number
  readonly samples: { readonly atMs: number; count: number }[]
}

export default defineFilter({
  type: 'freq',
  summary: 'Notes in Stats how many alerts of a class came lately.',
  params: {
    duration: param.int('Seconds that are looked back.', 600),
    divisor: param.number('What the number of alerts is divided by.', 10),
    foreach: param.text('JavaScript over `alert`: the class of an alert. Default: all are of one.'),
    key: param.text('Name in Stats. Default: the id of the filter.')
  },
  words: () => (name, problem) => `freq: ${name === 'foreach' ? 'classify' : name}: ${problem}`,
  async open({ duration, divisor, foreach, key }, { id, prepare }) {
    if (duration <= 0) throw InvalidDefinition('freq: invalid duration')
    if (!(divisor > 0)) throw InvalidDefinition('freq: invalid divisor')
    const script = foreach === '' ? undefined : await prepare(foreach, 'alert').catch(refuse('freq: foreach'))
    const name = key === '' ? id : key
    const durationMs = duration * 1000

    return {
      newState: () => new Map<string, Class>(),
      async apply(alerts, matches, run, classes: Map<string, Class>) {
        const nowMs = run.now.ms
        forget(classes, nowMs - durationMs)
        const keys = (
          await keysOf(
            alerts.filter((_, index) => matches[index]),
            script
          )
        ).values()
        return alerts.map((alert, index): Alert => {
          if (!matches[index]) return alert
          const found = keys.next().value!
          if (!found.ok) return run.fail(alert, found.message)
          const count = addSample(classes, found.key, nowMs)
          return run.replace(alert, { ...alert, stats: { ...alert.stats, [name]: count / divisor } })
        })
      }
    }
  }
})

/** Drops what is too old, and classes of which nothing is left. Differs: the original keeps every class for ever. */
function forget(classes: Map<string, Class>, beforeMs: number): void {
  for (const [key, one] of classes) {
    const { samples } = one
    while (samples.length > 0 && samples[0]!.atMs <= beforeMs) one.total -= samples.shift()!.count
    if (samples.length === 0) classes.delete(key)
  }
}

/** @returns How many there are with it. */
function addSample(classes: Map<string, Class>, key: string, atMs: number): number {
  let one = classes.get(key)
  if (one === undefined) classes.set(key, (one = { total: 0, samples: [] }))
  const last = one.samples.at(-1)
  if (last?.atMs === atMs) last.count++
  else one.samples.push({ atMs, count: 1 })
  return ++one.total
}

/** Wraps the refusal of a program. */
export function refuse(context: string) {
  return (error: unknown): never => {
    throw error instanceof AppError ? InvalidDefinition(`${context}: ${messageOf(error)}`) : error
  }
}
