import { chain, from, groupBy, NODE_MAKERS, optional, SOURCE_FLOW, window } from '../generate/nodes.ts'
import { bodies, points } from '../generate/points.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

const RESHAPING = ['flatten', 'combine', 'groupBy', 'default', 'delete', 'trickle', 'shift', 'sample']

export default {
  name: 'reshape',
  summary: 'Flatten, combine, groupBy and their kin, over points and over batches.',
  oracles: ['lines', 'replay'],
  make(random) {
    const isBatch = random.chance(0.5)
    const edge = isBatch ? 'batch' : 'stream'
    const fitting = NODE_MAKERS.filter(
      ({ name, wants }) => RESHAPING.includes(name) && (wants === 'either' || wants === edge)
    )
    const { pieces, flow } = random.pick(fitting).make(random, { ...SOURCE_FLOW, edge })
    const script = [
      ...from(random),
      ...(isBatch ? window(random) : []),
      ...(random.chance(0.2) ? groupBy(random, { edge }) : []),
      ...pieces,
      ...(random.chance(0.3) ? chain(random, 1, flow).pieces : []),
      ...optional(random, `|httpOut('o')`),
      `|httpPost('@CAPTURE@/o')`
    ]
    const lines = points(random, 10 + random.int(40), { late: random.pick([0, 0, 0.1]) })
    const httpOut = script.includes(`|httpOut('o')`) ? ['o'] : []
    return streamTrial('points made into others', script, bodies(random, lines), httpOut)
  }
} satisfies Kind
