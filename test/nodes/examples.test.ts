import t from 'tap'
import { GroupRegistry, NO_DIMENSIONS } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { nodes } from '../../src/nodes/index.ts'
import { Harness } from '../support/check.ts'
import { formatPoint, stage } from '../support/text.ts'

for (const { spec } of nodes) {
  for (const { script, input, output } of spec.examples) {
    t.test(`an example of ${spec.name} is wrong`, (t) => {
      const lines = output.split('\n').filter((line) => line.trim() !== '')
      t.same(new Harness(script).write(input).finish().output, lines.map(inOrder), script)
      t.end()
    })
  }
}

/** An example has its fields in the order that reads best, the harness sorts them. */
function inOrder(line: string): string {
  if (line.includes(' tmax=')) return line.trim()
  const { series, times, schemas, values } = stage(line)
  const group = new GroupRegistry().of('', series[0]!.tags, NO_DIMENSIONS)
  return formatPoint(new Point(series[0]!, group, times[0]!, schemas[0]!, values[0]!))
}
