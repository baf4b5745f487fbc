/**
 * Entry of a shard thread with what no script can do, for tests: a node that never ends its work, or ends the thread, where it is told so,
 * and bodies and recorders that do the same.
 */
import { Engine } from '../../src/engine/engine.ts'
import { defineNode, Node, type NodeDefinition } from '../../src/graph/node.ts'
import { nodeSpec, t } from '../../src/graph/spec.ts'
import type { Point } from '../../src/model/point.ts'
import { nodes } from '../../src/nodes/index.ts'
import { Recorder } from '../../src/archive/recorder.ts'
import shard from '../../workers/shard.ts'

const spec = nodeSpec({
  name: 'hang',
  wants: 'either',
  provides: 'same',
  summary: 'Hangs where it is told to.',
  args: { at: t.string('start, point, timer, stop, memory or crash.') }
})

class Hang extends Node<{ readonly at: string }> {
  readonly #hoard: string[][] = []

  override start(): void {
    if (this.options.at === 'start') hang()
  }

  override point(point: Point): void {
    if (this.options.at === 'point') hang()
    if (this.options.at === 'crash') setTimeout(() => crash(point), 1)
    if (this.options.at === 'timer') this.context.ports.clock.after(1, hang)
    // Memory that the collector cannot give back.
    while (this.options.at === 'memory') this.#hoard.push(Array.from({ length: 10_000 }, (_, i) => `${i}`))
    this.emit(point)
  }

  override finish(): void {
    if (this.options.at === 'stop') hang()
  }
}

;(nodes as NodeDefinition[]).push(defineNode(spec, Hang as never))

const { write } = Engine.prototype
Engine.prototype.write = function (db, ...rest) {
  if (db === 'hang') hang()
  return write.call(this, db, ...rest)
}
Recorder.prototype.read = hang

function crash(point: Point): never {
  throw new Error(`cannot use ${String(point.get('secret'))}`)
}

function hang(): never {
  for (;;);
}

export default shard
