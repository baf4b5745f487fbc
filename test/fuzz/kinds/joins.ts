import type { Random } from '../../support/random.ts'
import { optional, quoted, window } from '../generate/nodes.ts'
import { bodies, points } from '../generate/points.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

/** Puts points of one time that come from several nodes into one lane of answers. */
const RENAME = `.rename('u')`

export default {
  name: 'joins',
  summary: 'Joins and unions of two or three measurements, of points and of windows.',
  oracles: ['lines', 'replay'],
  make(random) {
    const sources = ['a', 'b', 'c'].slice(0, 2 + random.int(2))
    const isBatch = random.chance(0.3)
    const windowing = isBatch ? window(random) : []
    const grouping = random.pick([[], ['host'], ['host', 'dc']])
    const isOn = random.chance(0.25)
    const froms = sources.flatMap((name, i) => {
      const tags = isOn && i > 0 ? ['host', 'dc'] : isOn ? ['host'] : grouping
      const groupBy = tags.length > 0 ? [`.groupBy(${quoted(tags)})`] : []
      return [`var ${name} = `, `stream|from().measurement('${name}')`, ...groupBy, ...windowing, '\n']
    })
    const [first, ...others] = sources
    const call = random.chance(0.7) ? join(random, sources, isOn) : union(random)
    const script = [
      ...froms,
      `${first}`,
      ...call.map((piece) => piece.replace('OTHERS', others.join(', '))),
      `|httpPost('@CAPTURE@/j')`
    ]
    const late = random.pick([0, 0, 0.08])
    const lines = points(random, 10 + random.int(40), { measurements: sources, late, missing: 0.05 })
    const trial = streamTrial('joins and unions', script, bodies(random, lines))
    return { ...trial, isRacy: late > 0 || isOn || script.includes(RENAME) }
  }
} satisfies Kind

function join(random: Random, sources: readonly string[], isOn: boolean): string[] {
  return [
    '|join(OTHERS)',
    `.as(${quoted(sources.map((name) => name.toUpperCase()))})`,
    ...optional(random, `.tolerance(${random.pick(['1s', '2s', '5s', '500ms'])})`),
    ...optional(random, `.fill(${random.pick(['0.0', '7', `'null'`, `'none'`])})`, 0.4),
    ...optional(random, `.streamName('joined')`, 0.2),
    ...optional(random, `.delimiter('${random.pick(['_', '#', ''])}')`, 0.2),
    ...(isOn ? [`.on('host')`] : [])
  ]
}

function union(random: Random): string[] {
  return ['|union(OTHERS)', ...optional(random, RENAME)]
}
