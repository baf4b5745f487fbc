import { defineNodeBy, StartError } from '../graph/node.ts'
import { nodeSpec, t } from '../graph/spec.ts'
import { CountWindow } from './window/count-window.ts'
import { PeriodicWindow } from './window/periodic-window.ts'
import { RollingWindow } from './window/rolling-window.ts'

const spec = nodeSpec({
  name: 'window',
  wants: 'stream',
  provides: 'batch',
  summary: 'Collects the points of a group over a span of time, or a number of points, into batches.',
  properties: {
    period: t.duration('How far a batch reaches back.').default(0n),
    every: t.duration('Time between batches; 0: one at each point.').default(0n),
    align: t.flag('Puts the ends of windows on multiples of `every`.'),
    fillPeriod: t.flag('Holds back the first batch until a whole period has passed.'),
    periodCount: t.int('How many points a batch holds at most, instead of `period`.').default(0),
    everyCount: t.int('Number of points between batches.').default(0)
  },
  refuses: (_args, edge) => (edge === 'batch' ? 'cannot Window batch edge' : undefined),
  validate({ period, align, periodCount, everyCount }) {
    if (Number(periodCount) === 0) return undefined
    if (period !== 0n) return 'cannot specify both period and periodCount'
    if (align) return 'can only align windows based off time, not count'
    return everyCount <= 0 ? 'everyCount must be greater than zero' : undefined
  },
  requiredFields: (_options, below) => below,
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|count('v')",
      input: 'm v=1 3s\nm v=2 5s\nm v=3 12s',
      output: 'm count=2i 10s'
    }
  ]
})

export default defineNodeBy(spec, (options, context) => {
  if (options.period !== 0n) {
    return options.every === 0n ? new RollingWindow(options, context) : new PeriodicWindow(options, context)
  }
  // Differs: a negative count, which ends Kapacitor's process, is refused like none.
  if (options.periodCount > 0) return new CountWindow(options, context)
  throw new StartError('window node must have either a non zero period or non zero period count')
})
