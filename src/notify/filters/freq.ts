import { createHash } from 'node:crypto'
import { AppError, messageOf } from '../../core/errors.ts'
import type { Alert } from '../alert.ts'
import { InvalidDefinition, param } from '../params.ts'
import { defineFilter } from './filter.ts'
import { keysOf } from './key.ts'

/** How many alerts of a class came: all in all, and by when they no longer count, oldest first. */
interface Class {
  total: number
  readonly samples: { readonly untilMs: number; count: number }[]
}

/** Classes of a filter; past it those go that no alert has been of for longest. */
const CLASSES_MAX = 100_000
/** Samples of a class: those that are closer together than that part of the duration are counted as one. */
const SAMPLES_MAX = 1000
/** Longer keys are known by their hash. */
const KEY_MAX_CHARS = 128

export default defineFilter({
  type: 'freq',
  summary: 'Notes in Stats how many alerts of a class came lately.',
  params: {
    duration: param.int('Seconds that are looked back.', 600),
    divisor: param.number('What the number of alerts is divided by.', 10),
    foreach: param.program('JavaScript over `alert`: the class of an alert. Default: all are of one.'),
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
      restore(classes: Map<string, Class>, deltas) {
        for (const { key: one, untilMs, count } of deltas) addSample(classes, one, untilMs, count)
      },
      async apply(alerts, matches, run, classes: Map<string, Class>) {
        const nowMs = run.now.ms
        forget(classes, nowMs)
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
          const one = found.key.length > KEY_MAX_CHARS ? hashOf(found.key) : found.key
          const untilMs = untilOf(classes.get(one), nowMs, durationMs)
          const count = addSample(classes, one, untilMs, 1)
          run.addDelta(one, untilMs)
          return run.replace(alert, { ...alert, stats: { ...alert.stats, [name]: count / divisor } })
        })
      }
    }
  }
})

/** Drops classes of which nothing counts any more. Differs: the original keeps every class for ever. */
function forget(classes: Map<string, Class>, nowMs: number): void {
  for (const [key, { samples }] of classes) {
    // Classes are in the order of their last samples.
    if (samples.at(-1)!.untilMs > nowMs) return
    classes.delete(key)
  }
}

/** Until when an alert of now counts; drops what no longer does. */
function untilOf(one: Class | undefined, nowMs: number, durationMs: number): number {
  const untilMs = nowMs + durationMs
  if (one === undefined) return untilMs
  while (one.samples.length > 0 && one.samples[0]!.untilMs <= nowMs) one.total -= one.samples.shift()!.count
  const last = one.samples.at(-1)
  return last !== undefined && untilMs - last.untilMs < durationMs / SAMPLES_MAX ? last.untilMs : untilMs
}

/** @param untilMs Not before that of the last one. @returns How many there are with it. */
function addSample(classes: Map<string, Class>, key: string, untilMs: number, count: number): number {
  const one = classes.get(key) ?? { total: 0, samples: [] }
  classes.delete(key)
  const last = one.samples.at(-1)
  if (last?.untilMs === untilMs) last.count += count
  else one.samples.push({ untilMs, count })
  if (one.samples.at(-1)!.count <= 0) one.samples.pop()
  one.total += count
  if (one.samples.length > 0) classes.set(key, one)
  if (classes.size > CLASSES_MAX) classes.delete(classes.keys().next().value!)
  return one.total
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** Wraps the problem of a program. */
export function refuse(context: string) {
  return (error: unknown): never => {
    throw error instanceof AppError ? InvalidDefinition(`${context}: ${messageOf(error)}`) : error
  }
}
