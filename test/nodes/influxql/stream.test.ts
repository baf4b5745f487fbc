import t from 'tap'
import { functionRig, ofStream, pointErrorsOf } from './rigs.ts'

function run(
  name: string,
  lines: readonly string[],
  options: Record<string, unknown> = {},
  groupBy: string[] = []
): string[] {
  return ofStream(functionRig(name, options, 'stream', groupBy), lines)
}

t.test('points of one time are a set, which ends when another time comes', (t) => {
  t.same(run('sum', ['m v=1 1s', 'm v=2 1s', 'm v=5 2s', 'm v=6 2s', 'm v=9 3s']), ['m sum=3 1s', 'm sum=11 2s'])
  t.same(run('count', ['m v=1 5s', 'm v=1 2s', 'm v=1 5s']), ['m count=1i 5s', 'm count=1i 2s'], 'also an earlier one')
  t.same(run('top', ['m v=1 1s', 'm v=5 1s', 'm v=3 1s', 'm v=0 2s'], { num: 2 }), ['m tmax=1s [top=5 1s; top=3 1s]'])
  t.same(run('max', ['m,host=a v=1 1s', 'm,host=b v=5 1s', 'm v=0 2s']), ['m,host=b max=5 1s'])
  t.end()
})

t.test('groups have sets of their own', (t) => {
  const lines = ['m,g=a v=1 1s', 'm,g=b v=2 2s', 'm,g=a v=3 1s', 'm,g=b v=4 3s', 'm,g=a v=5 3s']
  t.same(run('sum', lines, {}, ['g']), ['m,g=b sum=2 2s', 'm,g=a sum=4 1s'])
  t.end()
})

t.test('a set has the name of its first point, usable or not', (t) => {
  const lines = ['a w=1 1s', 'b v=1 1s', 'b v=2 2s', 'a v=3 2s', 'a v=4 3s', 'x v=1 4s']
  t.same(run('sum', lines), ['a sum=1 1s', 'b sum=5 2s', 'a sum=4 3s'])
  t.end()
})

t.test('a set of unusable points gives nothing, whatever came before', (t) => {
  for (const fn of ['sum', 'mean', 'first', 'last', 'min', 'max']) {
    const string = fn === 'first' || fn === 'last' ? 'w=1' : 'v="x"'
    const lines = ['m v=1 1s', `m ${string} 2s`, `m ${string} 3s`, 'm v=2 4s', 'm v=2 5s']
    t.same(run(fn, lines), [`m ${fn}=1 1s`, `m ${fn}=2 4s`])
  }
  t.end()
})

t.test('neither a barrier nor the end flushes a set, and a delete forgets it', (t) => {
  const rig = functionRig('sum', {}, 'stream')
  rig.point('m v=1 1s').barrier('m', '5s')
  t.same(rig.out, ['barrier  5s'])
  rig.node.finish()
  t.same(rig.out, [])
  rig.delete('m').point('m v=2 2s').point('m v=3 3s')
  t.same(rig.out, ['delete ', 'm sum=2 2s'])
  t.equal(rig.node.folder, undefined)
  t.end()
})

t.test('errors on a stream have other words', (t) => {
  const rig = functionRig('sum', {}, 'stream')
  rig.point('m v=1 1s').point('m v=1i 1s')
  t.same(pointErrorsOf(rig), ['sum2 failed to aggregate point: field v has wrong type: got int64 exp float64'])
  t.end()
})
