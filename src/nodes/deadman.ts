import { formatGoDuration } from '../core/duration.ts'
import type { NodeRef } from '../graph/link.ts'
import { defineNodeBy } from '../graph/node.ts'
import { nodeSpec, t } from '../graph/spec.ts'
import type { Expression, LambdaNode } from '../tick/ast.ts'
import { observe } from './stats.ts'

const spec = nodeSpec({
  name: 'deadman',
  hostType: 'AlertNode',
  wants: 'either',
  provides: 'stream',
  summary: 'Raises an alert when the groups of a node fall silent; the result is the alert node.',
  offeredBy: 'every',
  args: {
    threshold: t.float('Points in an interval that are too few.'),
    interval: t.duration('Time between two judgements.'),
    conditions: t.rest(t.lambda('What else must hold of the statistics for an alert.'))
  },
  /** Nothing but `stats | derivative | alert`. */
  link(builder, parent, self) {
    const { threshold, interval, conditions } = self.options as unknown as DeadmanOptions
    const fill = (template: string) =>
      template.replaceAll('NODE_NAME', () => parent.name).replaceAll('INTERVAL', () => formatGoDuration(interval))
    const stats = builder.create('stats', { interval, align: true }, parent.provides ?? parent.wants)
    const rate = builder.create('derivative', { field: 'emitted', unit: interval, nonNegative: true }, 'stream')
    const { id, message } = builder.deadman
    const texts = { id: fill(id), message: fill(message) }
    const alert: NodeRef = builder.create('alert', { ...texts, crit: isDead(threshold, conditions) }, 'stream')
    observe(builder, parent, stats)
    builder.link(stats, rate)
    builder.link(rate, alert)
    return alert
  }
})

interface DeadmanOptions {
  readonly threshold: number
  readonly interval: bigint
  readonly conditions: readonly LambdaNode[]
}

/** `lambda: "emitted" <= threshold AND condition …` */
function isDead(threshold: number, conditions: readonly LambdaNode[]): LambdaNode {
  const at = { offset: 0, line: 1, char: 1 }
  const layout = { at, parenthesised: false, multiLine: false }
  let body: Expression = {
    kind: 'binary',
    operator: '<=',
    left: { kind: 'reference', name: 'emitted', at },
    right: { kind: 'float', value: threshold, at },
    ...layout
  }
  for (const condition of conditions) {
    body = { kind: 'binary', operator: 'AND', left: body, right: condition.body, ...layout }
  }
  return { kind: 'lambda', body, at }
}

export default defineNodeBy(spec, () => {
  throw new Error('a deadman stands for other nodes and does not run itself')
})
