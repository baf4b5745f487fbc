import t from 'tap'
import type { NodeDefinition } from '../../src/graph/node.ts'
import { GraphNode } from '../../src/graph/graph.ts'
import type { PerGroup } from '../../src/graph/per-group.ts'
import window from '../../src/nodes/window.ts'
import { Random } from '../support/random.ts'
import { Rig } from './rig.ts'

const S = 1_000_000_000n

function run(options: Record<string, unknown>, times: string): string[] {
  const rig = new Rig(window, { options })
  for (const [i, time] of times.split(' ').entries()) rig.point(`m n=${i} ${time}s`)
  return rig.out.map((text) => text.replace(/n=\d+i? /g, ''))
}

const cases: Record<string, { options: Record<string, unknown>; times: string; batches: string[] }> = {
  'aligned windows end on multiples of every': {
    options: { period: 10n * S, every: 10n * S, align: true },
    times: '3 5 12 13 23 24 55',
    batches: ['10s [3s; 5s]', '20s [12s; 13s]', '30s [23s; 24s]']
  },
  'windows without align count from the point that ended the last one': {
    options: { period: 10n * S, every: 10n * S },
    times: '3 5 12 13 23 24 55',
    batches: ['13s [3s; 5s; 12s]', '23s [13s]', '33s [23s; 24s]']
  },
  'a late point stays behind one in range': {
    options: { period: 10n * S, every: 10n * S, align: true },
    times: '1 12 5 25',
    batches: ['10s [1s]', '20s [12s; 5s]']
  },
  'fillPeriod holds the first batch back': {
    options: { period: 10n * S, every: 4n * S, fillPeriod: true },
    times: '0 5 9 10 14',
    batches: ['10s [0s; 5s; 9s]', '14s [5s; 9s; 10s]']
  },
  'fillPeriod with align waits one more every when the first point is aligned': {
    options: { period: 10n * S, every: 5n * S, fillPeriod: true, align: true },
    times: '0 5 10 15',
    batches: ['15s [5s; 10s]']
  },
  'points between windows are dropped, and a batch can be empty': {
    options: { period: 2n * S, every: 10n * S, align: true },
    times: '0 5 9 10 15 25',
    batches: ['10s [9s]', '20s []']
  },
  'a window without every is emitted at each point that is not late': {
    options: { period: 5n * S },
    times: '1 3 6 5 7',
    batches: ['1s [1s]', '3s [1s; 3s]', '6s [3s; 6s]', '7s [3s; 6s; 5s; 7s]']
  },
  'sliding windows overlap': {
    options: { period: 9n * S, every: 3n * S, align: true },
    times: '0 1 3 7 13',
    batches: ['3s [0s; 1s]', '6s [0s; 1s; 3s]', '9s [0s; 1s; 3s; 7s]']
  },
  'counts: the last periodCount points, every everyCount': {
    options: { periodCount: 3, everyCount: 2 },
    times: '1 2 3 4 5 6',
    batches: ['2s [1s; 2s]', '4s [2s; 3s; 4s]', '6s [4s; 5s; 6s]']
  },
  'counts: fillPeriod waits for a full window': {
    options: { periodCount: 3, everyCount: 2, fillPeriod: true },
    times: '1 2 3 4 5 6',
    batches: ['3s [1s; 2s; 3s]', '5s [3s; 4s; 5s]']
  },
  'counts: points between windows are left out': {
    options: { periodCount: 2, everyCount: 5 },
    times: '1 2 3 4 5 6 7 8 9 10',
    batches: ['5s [4s; 5s]', '10s [9s; 10s]']
  }
}

for (const [name, { options, times, batches }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const expected = batches.map((text) => `m tmax=${text}`)
    t.same(run(options, times), expected)
  })
}

t.test('a barrier ends a time window and goes no further, a deleted group loses its points', async (t) => {
  const rig = new Rig(window, { options: { period: 10n * S, every: 10n * S }, groupBy: ['h'] })
  rig.point('m,h=a v=1 1s').point('m,h=b v=1 1s').barrier('m,h=a', '11s').delete('m,h=b').delete('m,h=c')
  t.same(rig.out, ['m,h=a tmax=11s [v=1 1s]', 'delete h=b'])
  t.equal(rig.node.cardinality, 1)
  rig.point('m,h=a v=2 9s').point('m,h=a v=3 12s').point('m,h=a v=4 10s').point('m,h=a v=5 21s')
  t.same(rig.out, ['m,h=a tmax=21s [v=3 12s; v=4 10s]'])
})

t.test('a window that a barrier opened takes the name of the next point', async (t) => {
  const rig = new Rig(window, { options: { period: 10n * S, every: 10n * S } })
  t.same(rig.barrier('', '1s').point('m v=1 2s').point('n v=2 3s').barrier('', '11s').out, [
    'm tmax=11s [v=1 2s; v=2 3s]'
  ])
})

t.test('without every a barrier emits up to its own time', async (t) => {
  const rig = new Rig(window, { options: { period: 5n * S } })
  rig.point('m v=1 1s').point('m v=2 4s').barrier('', '6s').barrier('', '3s')
  t.same(rig.out.slice(2), ['m tmax=6s [v=2 4s]'])
})

t.test('count windows pass barriers on', async (t) => {
  const rig = new Rig(window, { options: { periodCount: 2, everyCount: 2 } })
  t.same(rig.point('m v=1 1s').barrier('', '9s').point('m v=2 2s').delete('').out, [
    'barrier  9s',
    'm tmax=2s [v=1 1s; v=2 2s]',
    'delete '
  ])
})

t.test('points are not folded where somebody counts them on the way', async (t) => {
  const folding = new Rig(window, { options: { period: S, every: S }, folds: true })
  folding.node.out[0]!.observe(99)
  folding.point('m v=1 0s').point('m v=1 1s')
  const counts: PerGroup<{ points: number }> = folding.node.out[0]!.observed!
  t.equal(counts.get(folding.groups.nil)!.points, 1)
})

t.test(
  'windows answer as their definition says, folded or not, however points, barriers and deletes come',
  async (t) => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed)
      const span = () => 1 + Math.floor(random.next() * 12)
      const period = span()
      const every = random.next() < 0.5 ? period : span()
      const flags = { align: random.next() < 0.5, fillPeriod: random.next() < 0.3 }
      const options = { period: BigInt(period) * S, every: BigInt(every) * S, ...flags }
      const rigs = [false, true].map((folds) => new Rig(window, { options, folds, groupBy: ['h'] }))
      const definition = new Definition({ period, every, ...flags })
      let now = Math.floor(random.next() * 20)
      for (let step = 0; step < 120; step++) {
        now += random.next() < 0.05 ? Math.floor(random.next() * 60) : Math.floor(random.next() * 4)
        const time = Math.max(0, now - (random.next() < 0.3 ? Math.floor(random.next() * 25) : 0))
        const host = random.next() < 0.5 ? 'a' : 'b'
        const key = `m,h=${host}`
        const kind = random.next()
        if (kind < 0.85) {
          definition.message(host, time, `n=${step}i ${time}s`)
          for (const rig of rigs) rig.point(`${key} n=${step}i ${time}s`)
        } else if (kind < 0.97) {
          definition.message(host, time)
          for (const rig of rigs) rig.barrier(key, `${time}s`)
        } else {
          definition.delete(host)
          for (const rig of rigs) rig.delete(key)
        }
      }
      const [kept, folded] = rigs.map((rig) => rig.out.map((text) => text.replace(/^,/, 'm,')))
      if (!t.same(kept, definition.out, `kept, seed ${seed}`) || !t.same(folded, kept, `folded, seed ${seed}`)) return
    }
  }
)

/** The window of the reference, word by word, in whole seconds since an origin on which all periods align. */
class Definition {
  readonly out: string[] = []
  readonly #options
  readonly #groups = new Map<string, { nextEmit: number; buffer: { time: number; text: string }[] }>()

  constructor(options: { period: number; every: number; align: boolean; fillPeriod: boolean }) {
    this.#options = options
  }

  message(host: string, time: number, text?: string): void {
    const { period, every } = this.#options
    let group = this.#groups.get(host)
    if (group === undefined) this.#groups.set(host, (group = { nextEmit: this.#first(time), buffer: [] }))
    if (time >= group.nextEmit) {
      while (group.buffer.length > 0 && group.buffer[0]!.time < group.nextEmit - period) group.buffer.shift()
      const texts = group.buffer.map(({ text }) => text)
      this.out.push(`m,h=${host} tmax=${group.nextEmit}s [${texts.join('; ')}]`)
      group.nextEmit = this.#truncate(time + every)
    }
    if (text !== undefined) group.buffer.push({ time, text })
  }

  delete(host: string): void {
    if (this.#groups.delete(host)) this.out.push(`delete h=${host}`)
  }

  #first(time: number): number {
    const { period, every, align, fillPeriod } = this.#options
    if (!fillPeriod) return this.#truncate(time + every)
    const end = this.#truncate(time + period)
    return align && end <= time + period ? end + every : end
  }

  #truncate(time: number): number {
    const { every, align } = this.#options
    const sinceOrigin = time + 62_135_596_800
    return align ? time - (sinceOrigin % every) : time
  }
}

t.test('windows that make no sense are refused', async (t) => {
  const { spec } = window as NodeDefinition
  const base = { period: 0n, every: 0n, align: false, fillPeriod: false, periodCount: 0, everyCount: 0, quiet: false }
  const node = new GraphNode(window, {}, 'stream')
  const validate = (options: Record<string, unknown>) => spec.validate!({ ...base, ...options }, node)
  t.equal(validate({ period: S, periodCount: 1 }), 'cannot specify both period and periodCount')
  t.equal(validate({ periodCount: 1, align: true }), 'can only align windows based off time, not count')
  t.equal(validate({ periodCount: 1 }), 'everyCount must be greater than zero')
  t.equal(validate({ period: S }), undefined)
  t.equal(spec.refuses!({}, 'batch'), 'cannot Window batch edge')
  const start = () => new Rig(window)
  t.throws(start, { message: 'window node must have either a non zero period or non zero period count' })
})
