import type { EdgeType } from '../../../src/graph/link.ts'
import { Batch } from '../../../src/model/batch.ts'
import type { Point } from '../../../src/model/point.ts'
import { influxqlNodes } from '../../../src/nodes/influxql/index.ts'
import { Rig, timeOf } from '../rig.ts'

/** One of the functions by itself, on field `v` unless `options` say otherwise. */
export function functionRig(
  name: string,
  options: Record<string, unknown> = {},
  edge: EdgeType = 'batch',
  groupBy: readonly string[] = []
): Rig {
  const definition = influxqlNodes.find(({ spec }) => spec.name === name)!
  return new Rig(definition, { options: { field: 'v', fieldsAndTags: [], ...options }, edge, groupBy })
}

/** Points as line protocol has them; `v=NaN`, which it has not, too. */
export function pointOf(rig: Rig, line: string): Point {
  return line.includes('v=NaN') ? rig.make(line.replace('NaN', '0')).with('v', 'float', NaN) : rig.make(line)
}

/** What points on a stream come to. */
export function ofStream(rig: Rig, lines: readonly string[]): string[] {
  for (const line of lines) rig.node.point(pointOf(rig, line), 0)
  return rig.out
}

/** What a batch of points, which ends at 10s, comes to. @param key Name and tags where it is empty. */
export function ofBatch(rig: Rig, lines: readonly string[], key = 'm'): string[] {
  const points = lines.map((line) => pointOf(rig, line))
  const [first] = points
  rig.node.batch(new Batch(first?.name ?? nameOf(key), first?.group ?? rig.group(key), timeOf('10s'), points), 0)
  return rig.out
}

/** The same, handed over point by point. */
export function ofFold(rig: Rig, lines: readonly string[], key = 'm'): string[] {
  const folder = rig.node.folder!
  const points = lines.map((line) => pointOf(rig, line))
  for (const point of points) folder.add(point)
  folder.close(points[0]?.group ?? rig.group(key), points[0]?.name ?? nameOf(key), timeOf('10s'))
  return rig.out
}

/** Log lines of errors of points. */
export function pointErrorsOf(rig: Rig): string[] {
  return rig.ports.lines.map(({ node, message, details }) => `${node} ${message}: ${String(details['err'])}`)
}

function nameOf(key: string): string {
  return key.split(',')[0]!
}
