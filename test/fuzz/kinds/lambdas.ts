import { lambda } from '../generate/lambda.ts'
import { quoted } from '../generate/nodes.ts'
import { bodies, points } from '../generate/points.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

export default {
  name: 'lambdas',
  summary: 'Expressions of every operator and function over points whose types change.',
  oracles: ['lines', 'replay'],
  make(random) {
    const count = 1 + random.int(4)
    const names = Array.from({ length: count }, (_, i) => `r${i}`)
    // Each in a node of its own: the first error of a node drops the point.
    const nodes = names.map((name) => {
      const type = random.pick(['float', 'int', 'string', 'boolean', 'duration'] as const)
      return [
        '\nx',
        `|eval(lambda: ${lambda(random, type, 3, { canFault: true })})`,
        `.as(${quoted([name])})`,
        `|httpPost('@CAPTURE@/${name}')`
      ]
    })
    const where = ['\nx', `|where(lambda: ${lambda(random, 'boolean', 3)})`, `|httpPost('@CAPTURE@/w')`]
    const script = ['var x = ', 'stream|from()', `.groupBy('host')`, ...nodes.flat(), ...where]
    const lines = points(random, 4 + random.int(12), { odd: 0.15, missing: 0.15 })
    return streamTrial('lambda expressions', script, bodies(random, lines))
  }
} satisfies Kind
