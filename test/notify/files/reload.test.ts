import t from 'tap'
import { startFiles } from './rig.ts'

const TURNS = 1000

/** Two filters of two files, which mark alerts with the number of their configuration. */
function marking(turn: number) {
  return {
    'filters/a.yaml': `type: route\nroutes: [a${turn}, out]\n`,
    'filters/b.yaml': `- { id: quiet, type: freq, duration: 1000000, divisor: 1 }\n- { id: b, type: route, routes: [b${turn}] }\n`
  }
}

t.test('a thousand reloads, each tenth of a broken file, lose no alert and mix no two configurations', async (t) => {
  const rig = await startFiles(t)
  await rig.load({ 'routes/out.yaml': '- { type: note, name: out }\n', ...marking(0) })
  const quiet = rig.notify.configuration.filter('quiet')
  let turnInForce = 0
  let posted = 0
  let kept = 0
  const rounds: Promise<void>[] = []
  const post = () => rig.post({ title: `alert ${posted++}` })

  for (let turn = 1; turn <= TURNS; turn++) {
    const isBroken = turn % 10 === 0
    const before = post()
    const reload = rig.load(isBroken ? { 'filters/b.yaml': 'type: rout\n' } : marking(turn))
    // Batches begin before, while and after the files are swapped.
    rig.clock.advance(1000)
    const during = post()
    const status = await reload
    if (isBroken) kept++
    else turnInForce = turn
    if (status.ok === isBroken) t.fail(`turn ${turn}: ${JSON.stringify(status)}`)
    await Promise.all([before, during])
    rig.clock.advance(1000)
    if (turn % 50 === 0) rounds.push(rig.notify.idle())
  }
  await Promise.all(rounds)
  await rig.post({ title: 'the last' })
  await rig.round()
  await rig.notify.configuration.drained()

  const sent = rig.sent.out!
  t.equal(new Set(sent.map(({ title }) => title)).size, posted + 1, 'no alert is lost')
  t.equal(sent.length, posted + 1, 'none is sent twice')
  const marks = sent.map(({ routes }) => routes.filter((id) => id !== 'out').map((id) => Number(id.slice(1))))
  t.strictSame(
    marks.filter(([a, b, ...others]) => a !== b || others.length > 0),
    [],
    'no alert has seen two configurations'
  )
  t.strictSame(marks.at(-1), [turnInForce, turnInForce])
  t.ok(new Set(marks.map(([a]) => a)).size > 100, 'many configurations were in force')
  t.equal(kept, TURNS / 10)
  t.equal(rig.notify.configuration.filter('quiet'), quiet, 'what never changed was never touched')
})
