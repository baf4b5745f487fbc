import t from 'tap'
import { GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { nodes } from '../../src/nodes/index.ts'
import { Harness } from '../support/check.ts'
import { formatPoint, stage } from '../support/text.ts'

// What the specifications promise is what the nodes do.
for (const { spec } of nodes) {
  for (const { script, input, output } of spec.examples) {
    t.test(`${spec.name}: ${script}`, async (t) => {
      t.strictSame(new Harness(script).write(input).finish().output, inOrder(output))
    })
  }
}

/** The lines with tags and fields sorted, as the harness prints them. */
function inOrder(lines: string): string[] {
  const { nil } = new GroupRegistry()
  const { series, times, schemas, values, length } = stage(lines)
  return Array.from({ length }, (_, i) => formatPoint(new Point(series[i]!, nil, times[i]!, schemas[i]!, values[i]!)))
}
