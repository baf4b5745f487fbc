import type { EdgeType } from '../../../src/graph/spec.ts'
import { influxqlNodes } from '../../../src/nodes/influxql/index.ts'
import { Rig, timeOf } from '../rig.ts'

/** One of the functions on a bench of its own, on field `v` unless `options` say otherwise. */
export function functionRig(
  name: string,
  options: Record<string, unknown> = {},
  edge: EdgeType = 'batch',
  groupBy: readonly string[] = []
): Rig {
  const definition = influxqlNodes.find(({ spec }) => spec.name === name)!
  return new Rig(definition, { options: { field: 'v', fieldsAndTags: [], ...options }, edge, groupBy })
}

/** What a batch of these points, which ends at 10s, comes to. */
export function ofBatch(rig: Rig, lines: readonly string[], key = 'm'): string[] {
  rig.node.batch(rig.batch('10s', lines, key), 0)
  return rig.out
}

/** The same, handed over point by point. */
export function ofFold(rig: Rig, lines: readonly string[], key = 'm'): string[] {
  const folder = rig.node.folder!
  const points = lines.map((line) => rig.make(line))
  for (const point of points) folder.add(point)
  folder.close(points[0]?.group ?? rig.group(key), points[0]?.name ?? key.split(',')[0]!, timeOf('10s'))
  return rig.out
}
