import type { Random } from '../../support/random.ts'
import { alert, chain, from, NODE_MAKERS, SOURCE_FLOW } from '../generate/nodes.ts'
import { bodies, points } from '../generate/points.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

const GARBAGE = [
  '|nope()',
  '.nope()',
  '|',
  ')',
  `.as('a', 'b', 'c')`,
  '|window()',
  '.period(1)',
  "|sum('v', 'v')",
  '|eval()',
  '.quiet()'
]

export default {
  name: 'scripts',
  summary: 'Chains of every node over points of all types; some of them are no scripts.',
  oracles: ['lines', 'replay'],
  make(random) {
    const pieces = [...from(random), ...chain(random, 1 + random.int(3)).pieces]
    const script = random.chance(0.3) ? branched(random, pieces) : [...pieces, ...end(random, 'a')]
    if (random.chance(0.06)) script.splice(random.int(script.length), random.int(2), random.pick(GARBAGE))
    const measurements = random.chance(0.3) ? ['m', 'q'] : ['m']
    const lines = points(random, 5 + random.int(35), { measurements })
    return streamTrial('chain of random nodes', script, bodies(random, lines), httpOutOf(script))
  }
} satisfies Kind

/** Two chains below one node. */
function branched(random: Random, pieces: readonly string[]): string[] {
  const ends = ['a', 'b'].flatMap((name) => [
    '\nx',
    ...random.pick([[], chain(random, 1 + random.int(2), { ...SOURCE_FLOW, edge: 'stream' }).pieces]),
    ...end(random, name)
  ])
  return ['var x = ', ...pieces, ...ends]
}

function end(random: Random, name: string): string[] {
  if (random.chance(0.25)) return alert(random, `@CAPTURE@/alert-${name}`)
  return [...(random.chance(0.3) ? [`|httpOut('${name}')`] : []), `|httpPost('@CAPTURE@/${name}')`]
}

function httpOutOf(script: readonly string[]): string[] {
  return ['a', 'b'].filter((name) => script.includes(`|httpOut('${name}')`))
}

/** Names of the nodes that chains are made of. */
export const CHAINED = NODE_MAKERS.map(({ name }) => name)
