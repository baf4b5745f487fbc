import t from 'tap'
import { Engine } from '../../src/engine/engine.ts'
import type { EngineSettings } from '../../src/engine/contract.ts'
import type { LoopedFate, LoopedLines } from '../../src/model/looped.ts'
import { engineSettings, streamTask } from '../support/engine.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** One engine into which what its tasks write back comes in again. */
class World {
  readonly engine: Engine
  /** Bodies on their way, and what is to be told of them. */
  readonly under: { readonly looped: LoopedLines; readonly fate: LoopedFate }[] = []
  readonly bodies: string[] = []
  readonly errors: string[] = []
  readonly warnings: string[] = []

  readonly clock = new ManualClock()

  constructor(settings: Partial<EngineSettings> = {}) {
    const { clock } = this
    const host = {
      now: () => clock.now(),
      log: (level: string, message: string, details: Readonly<Record<string, unknown>>) => {
        if (level === 'error') this.errors.push(`${String(details['node'])}: ${String(details['err'])}`)
        if (level === 'warn') this.warnings.push(message)
      },
      events() {},
      stateCopied() {},
      replayEvents() {},
      replayStateCopied() {},
      failed: (id: string, message: string) => this.errors.push(`${id} failed: ${message}`),
      inhibitor() {},
      loopback: (looped: LoopedLines, fate: LoopedFate) => {
        this.under.push({ looped, fate })
        this.bodies.push(`${looped.hop} ${looped.db} ${looped.lines}`)
      }
    }
    this.engine = new Engine('test', { ...engineSettings, ...settings }, host, clock)
  }

  start(id: string, script: string, db: string): this {
    this.engine.start(streamTask(id, script, db))
    return this
  }

  write(db: string, lines: string): string | undefined | Promise<undefined> {
    const answer = this.engine.write(db, 'rp', 'n', Buffer.from(lines))
    this.engine.finishWrite()
    return answer
  }

  /** Lets bodies go round until none is under way. @returns How many did. */
  async goRound(): Promise<number> {
    let rounds = 0
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const body = this.under.shift()
      if (body === undefined) return rounds
      rounds++
      this.take(body)
    }
  }

  take({ looped: { db, rp, lines, hop }, fate }: { readonly looped: LoopedLines; readonly fate: LoopedFate }): void {
    const answer = this.engine.writeLooped(db, rp, Buffer.from(lines), true, hop)
    fate.processed()
    if (answer instanceof Promise) void answer.then(() => fate.ended(undefined))
    else fate.ended(answer)
    this.engine.finishWrite()
  }

  /** Statistics of the first loopback node of a task. */
  loopbackOf(id: string): Readonly<Record<string, number>> {
    const nodes = Object.entries(this.engine.stats(id)!.nodes)
    return nodes.find(([name]) => name.startsWith('kapacitor_loopback'))![1]
  }
}

function loopTo(db: string, times = 1): string {
  return `var x = stream|from()\n${`x|kapacitorLoopback().database('${db}').retentionPolicy('rp')\n`.repeat(times)}`
}

/** Two tasks that write into the database of the other. */
function loop(settings: Partial<EngineSettings>, times = 1): World {
  return new World(settings).start('a', loopTo('e', times), 'd').start('b', loopTo('d'), 'e')
}

const limits = { maxHops: 4, maxBytes: 1 << 20 }

t.test(
  'points that two tasks write back and forth are dropped after so many times, counted, and told of once',
  async (t) => {
    const world = loop({ loopback: limits })
    world.write('d', 'm v=1 1\nm v=2 2')
    t.equal(await world.goRound(), 4)
    t.same(
      world.bodies.map((body) => body.split('\n')[0]),
      ['1 e m v=1 1', '2 d m v=1 1', '3 e m v=1 1', '4 d m v=1 1']
    )
    const told = [
      'kapacitor_loopback2: tasks have written the points back 4 times: they seem to write into the databases of each ' +
        'other without end (see shards.max-loopback-hops)'
    ]
    t.same(world.errors, told)
    t.match(world.loopbackOf('a'), { points_written: 4, points_dropped: 2, errors: 2 })
    t.match(world.loopbackOf('b'), { points_written: 4, points_dropped: undefined, errors: 0 })

    world.write('d', 'm v=3 3')
    await world.goRound()
    t.same(world.errors, told, 'not again')
    t.match(world.loopbackOf('a'), { points_written: 6, points_dropped: 3, errors: 3 })
    t.match(world.engine.gauges(), { loopbackBytes: 0, loopbackDropped: 3 })
    await world.engine.close()
  }
)

t.test('what comes from outside begins anew where points were written back before', async (t) => {
  const world = new World({ loopback: { ...limits, maxHops: 1 } })
    .start('a', loopTo('e'), 'd')
    .start('b', loopTo('f'), 'e')
  world.write('d', 'm v=1 1')
  await world.goRound()
  world.write('e', 'm v=2 2')
  await world.goRound()
  t.same(world.bodies, ['1 e m v=1 1', '1 f m v=2 2'])
  await world.engine.close()
})

t.test('what a task writes when a time has come counts as a consequence of what it read last', async (t) => {
  const script = "stream|from()|stats(1s)|kapacitorLoopback().database('f').retentionPolicy('rp')"
  const world = new World({ loopback: limits }).start('a', loopTo('e'), 'd').start('b', script, 'e')
  world.write('d', 'm v=1 1')
  await world.goRound()
  world.clock.advance(1000)
  await world.goRound()
  world.write('e', 'm v=1 1')
  world.clock.advance(1000)
  await world.goRound()
  t.same(
    world.bodies.map((body) => body.slice(0, 3)),
    ['1 e', '2 f', '1 f']
  )
  await world.engine.close()
})

t.test('a loop that multiplies points holds only so many bytes, and ends', async (t) => {
  const world = loop({ loopback: { maxHops: 40, maxBytes: 20_000 } }, 3)
  world.write('d', 'm v=1 1')
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, world.engine.gauges().loopbackBytes)), 1)
  await world.goRound()
  clearInterval(watch)
  t.ok(most <= 20_600, `${most} bytes at most`)
  t.match(world.errors[0], /more than 20000 bytes of points that tasks have written back are still to be read: /)
  t.ok(world.errors.length <= 8, 'once a node and reason')
  t.ok(world.engine.gauges().loopbackDropped > 0)
  t.equal(world.engine.gauges().loopbackBytes, 0)
  await world.engine.close()
})

t.test('in a loop no body waits for itself, whatever little may be under way', async (t) => {
  const world = loop({ loopback: limits, maxPending: 0 })
  const answer = world.write('d', 'm v=1 1\nm v=2 2')
  t.type(answer, Promise, 'the writer waits')
  await world.goRound()
  t.equal(await answer, undefined, 'until all of it has gone round')
  t.match(world.engine.gauges(), { loopbackBytes: 0 })
  await world.engine.close()
})

t.test('a writer waits for what all tasks of a chain do on account of it, in order', async (t) => {
  const world = new World({ maxPending: 0 })
    .start('a', loopTo('two'), 'one')
    .start('b', loopTo('three'), 'two')
    .start('c', "stream|from()|httpOut('o')", 'three')
  const order: string[] = []
  void Promise.resolve(world.write('one', 'm v=1 1\nm v=2 2')).then(() => order.push('answered'))
  await new Promise((resolve) => setImmediate(resolve))
  world.take(world.under.shift()!)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(order, [], 'its points have reached the second task only')
  await world.goRound()
  order.push('end')
  t.same(order, ['answered', 'end'])
  t.same(world.bodies, ['1 two m v=1 1\nm v=2 2', '2 three m v=1 1\nm v=2 2'])
  t.match(world.engine.httpOut('c', 'o'), /,2\]/)
  await world.engine.close()
})

t.test('while bodies are under way, points of a node wait together and leave in order', async (t) => {
  const world = new World().start('a', loopTo('two'), 'one')
  for (let i = 1; i <= 20; i++) {
    world.write('one', `m v=${i} ${i}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(world.under.length, 8)
  await world.goRound()
  t.equal(world.bodies.length, 9)
  t.same(
    world.bodies.flatMap((body) => body.slice('1 two '.length).split('\n')),
    Array.from({ length: 20 }, (_, i) => `m v=${i + 1} ${i + 1}`)
  )
  await world.engine.close()
})

t.test(
  'a line that is refused is an error of the node that wrote it, and the others of the body are used',
  async (t) => {
    const script = `stream|from()|eval(lambda: "v").as('w').keep()|default().field('x', 1)|kapacitorLoopback().database('e').retentionPolicy('rp')`
    const world = new World({ lineLimits: { maxFields: 3, maxTags: 10 } })
      .start('a', script, 'd')
      .start('b', "stream|from()|httpOut('o')", 'e')
    world.write('d', 'm v=1,a=1 1\nm v=2 2\nm v=3,a=1 3')
    await world.goRound()
    t.match(world.loopbackOf('a'), { points_written: 1, points_dropped: 2, errors: 2 })
    t.same(world.errors.length, 1)
    t.match(world.errors[0], /too many fields in one line: 4 > 3/)
    t.match(world.engine.httpOut('b', 'o'), /"values":\[\["1970-01-01T00:00:00.000000002Z",2,2,1\]\]/)
    await world.engine.close()
  }
)

t.test('a point that cannot be written as a line is an error of its node, and not one of others', async (t) => {
  const world = new World().start('a', loopTo('e'), 'd')
  world.engine.start(
    streamTask(
      'evil',
      `stream|from()|eval(lambda: "s").as('s').tags('s').keep('v')|kapacitorLoopback().database('e').retentionPolicy('rp')`,
      'd'
    )
  )
  world.write('d', 'm s="a\nstolen v=1 1",v=2 1')
  await world.goRound()
  t.same(world.bodies, ['1 e m s="a\nstolen v=1 1",v=2 1'], 'of the one that has it in a field')
  t.same(world.errors, [
    'kapacitor_loopback3: value of the tag "s" cannot be written as line protocol: "a\\nstolen v=1 1"'
  ])
  await world.engine.close()
})

t.test('a task that is stopped waits for its points under way, but not for ever', async (t) => {
  const world = new World().start('a', loopTo('e'), 'd').start('b', loopTo('e'), 'd')
  world.write('d', 'm v=1 1')
  await new Promise((resolve) => setImmediate(resolve))
  const order: string[] = []
  const stopped = world.engine.stop('a', 60_000).then(() => order.push('stopped'))
  await new Promise((resolve) => setImmediate(resolve))
  order.push('ended')
  for (const body of world.under.splice(0, 1)) world.take(body)
  await stopped
  t.same(order, ['ended', 'stopped'])

  await world.engine.stop('b', 1)
  t.same(world.warnings, ['a task was ended while requests or points of it were under way'])
  t.equal(world.engine.stats('b'), undefined)
  await world.engine.close()
})
