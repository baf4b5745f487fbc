import t from 'tap'
import flatten from '../../src/nodes/flatten.ts'
import { Rig, type RigOptions } from './rig.ts'

const S = 1_000_000_000n

function run(options: Record<string, unknown>, lines: readonly string[], settings: RigOptions = {}): Rig {
  const rig = new Rig(flatten, { options, groupBy: ['host'], ...settings })
  for (const line of lines) rig.point(line)
  return rig
}

const ports = ['m,host=A,port=80 bytes=1i 1s', 'm,host=A,port=443 bytes=2i 1s']

t.test('points of one time become one, which waits for another time', async (t) => {
  const rig = run({ on: ['port'] }, [...ports, 'm,host=B,port=1 bytes=9i 5s'])
  t.same(rig.out, [])
  t.same(rig.point('m,host=A,port=80 bytes=3i 2s').out, ['m,host=A 443.bytes=2i,80.bytes=1i 1s'])
  t.equal(rig.node.cardinality, 2)
})

t.test('an earlier time ends a slice and leaves the time where it is', async (t) => {
  const lines = [10, 10, 7, 7, 12].map((time, i) => `m,host=A,port=${i} t=${time} ${time}s`)
  t.same(run({ on: ['port'] }, lines).out, ['m,host=A 0.t=10,1.t=10 10s', 'm,host=A 2.t=7 10s', 'm,host=A 3.t=7 10s'])
})

t.test('of a batch whose points lack a tag the last slice is left, without a field', async (t) => {
  const rig = new Rig(flatten, { options: { on: ['nosuch'] }, edge: 'batch' })
  rig.node.batch(rig.batch('10s', ['m v=1 1s', 'm v=2 2s']), 0)
  t.same(rig.out, ['m tmax=10s [ 2s]'])
})

t.test('names are made of several tags, by another delimiter, or without the field', async (t) => {
  const lines = ['m,host=A,port=80,k=x a=1,b=2 1s', 'm,host=A,port=80,k=y a=3 2s', 'm,host=A,port=1,k=z a=4 9s']
  const on = ['port', 'k']
  t.same(run({ on, delimiter: '_', tolerance: 4n * S }, lines).out, [
    'm,host=A 80_x_a=1,80_x_b=2 0s',
    'm,host=A 80_y_a=3 4s'
  ])
  t.same(run({ on, dropOriginalFieldName: [] }, lines).out[0], 'm,host=A 80.x=2 1s')
  t.same(run({ on, dropOriginalFieldName: [false] }, lines).out[0], 'm,host=A 80.x.a=1,80.x.b=2 1s')
  t.same(run({ dropOriginalFieldName: [true] }, lines).out[0], 'm,host=A a=1,b=2 1s')
})

t.test('a point that lacks a tag is left out and leaves no trace', async (t) => {
  const on = ['host', 'port']
  const rig = run({ on, delimiter: '_' }, [
    'm,host=A b=1 1s',
    'm,host=A,port=80 b=2 1s',
    'm,host=A b=1 2s',
    'm,host=A b=1 3s'
  ])
  t.same(rig.out, ['m,host=A A_80_b=2 1s'])
  t.equal(rig.node.errors, 2)
  t.match(rig.ports.pointErrors, Array(2).fill('point missing tag for flatten operation'))
})

t.test('a barrier that is newer ends a slice, a deleted group loses it', async (t) => {
  const rig = run({ on: ['port'] }, ports)
  rig.barrier('m,host=A', '1s')
  t.same(rig.out, ['barrier host=A 1s'])
  rig.barrier('m,host=A', '2s').barrier('m,host=A', '3s')
  t.same(rig.out, ['m,host=A 443.bytes=2i,80.bytes=1i 1s', 'barrier host=A 2s', 'barrier host=A 3s'])
  rig.point(ports[0]!).delete('m,host=A').point('m,host=A,port=1 bytes=1i 9s')
  t.same(rig.out, ['delete host=A'])
})

t.test('a batch is flattened whole', async (t) => {
  const rig = run({ on: ['port'] }, [], { edge: 'batch' })
  rig.node.batch(rig.batch('9s', [...ports, 'm,host=A,port=80 bytes=3i 2s']), 0)
  rig.node.batch(rig.batch('9s', [], 'm,host=A'), 0)
  t.same(rig.out, ['m,host=A tmax=9s [443.bytes=2i,80.bytes=1i 1s; 80.bytes=3i 2s]', 'm,host=A tmax=9s []'])
})
