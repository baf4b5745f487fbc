import { formatGoDuration } from '../core/duration.ts'
import { formatInstant } from '../core/instant.ts'
import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import type { NodeLog } from '../graph/ports.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import type { Batch } from '../model/batch.ts'
import type { Point } from '../model/point.ts'

const spec = nodeSpec({
  name: 'log',
  wants: 'either',
  provides: 'same',
  summary: 'Writes every point to the log and passes it on.',
  properties: {
    level: t.string('DEBUG, INFO, WARN or ERROR.').default('INFO'),
    prefix: t.string('Text that each line carries.').default('')
  },
  examples: [{ script: 'stream|from()|log()', input: 'm v=1 1s', output: 'm v=1 1s' }]
})

type Details = Record<string, unknown>

class Log extends Node<OptionsOf<typeof spec>> {
  readonly #level: keyof NodeLog

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#level = levelOf(options.level)
  }

  override point(point: Point): void {
    const { database, retentionPolicy, name } = point.series
    const { id, dimensions } = point.group
    const place = { name, db: database, rp: retentionPolicy, group: id, ...dimensionsOf(dimensions.tagNames) }
    this.#write('point', { ...place, ...contentsOf(point) })
    this.emit(point)
  }

  override batch(batch: Batch): void {
    const { name, group, tmax, points } = batch
    const place = { name, group: group.id }
    const frame = { ...place, tag: Object.fromEntries(group.tags.entries()), time: formatInstant(tmax) }
    this.#write('begin batch', frame)
    for (const point of points) this.#write('batch point', { ...place, ...contentsOf(point) })
    this.#write('end batch', frame)
    this.emitBatch(batch)
  }

  #write(message: string, details: Details): void {
    this.context.ports.log[this.#level](this.context.name, message, { prefix: this.options.prefix, ...details })
  }
}

/** Dimensions as Kapacitor logs them: where there are none a text says so. */
function dimensionsOf(tagNames: readonly string[]): Details {
  if (tagNames.length === 0) return { dimension: 'nil' }
  return Object.fromEntries(tagNames.map((tag, index) => [`dimension_${index}`, tag]))
}

function contentsOf({ series, schema, values, time }: Point): Details {
  const fields = schema.names.map((field, index): [string, unknown] => {
    const value = values[index]
    return [field, schema.types[index] === 'duration' ? formatGoDuration(value as bigint) : value]
  })
  return {
    tag: Object.fromEntries(series.tags.entries()),
    field: Object.fromEntries(fields),
    time: formatInstant(time)
  }
}

function levelOf(name: string): keyof NodeLog {
  switch (name.toUpperCase()) {
    case 'DEBUG':
      return 'debug'
    case 'WARN': // Differs: Kapacitor writes these as INFO.
      return 'warn'
    case 'ERROR':
      return 'error'
    default:
      return 'info'
  }
}

export default defineNode(spec, Log)
