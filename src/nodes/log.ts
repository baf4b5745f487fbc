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
    const details: Details = { name, db: database, rp: retentionPolicy, group: point.group.id }
    point.group.dimensions.tagNames.forEach((tag, index) => (details[`dimension_${index}`] = tag))
    this.#write('point', withContents(details, point))
    this.emit(point)
  }

  override batch(batch: Batch): void {
    const { name, group, tmax, points } = batch
    const begin: Details = { name, group: group.id, time: formatInstant(tmax) }
    for (const [tag, value] of group.tags.entries()) begin[`tag_${tag}`] = value
    this.#write('begin batch', begin)
    for (const point of points) this.#write('batch point', withContents({}, point))
    this.#write('end batch', {})
    this.emitBatch(batch)
  }

  #write(message: string, details: Details): void {
    this.context.ports.log[this.#level](this.context.name, message, { prefix: this.options.prefix, ...details })
  }
}

function withContents(details: Details, point: Point): Details {
  for (const [tag, value] of point.series.tags.entries()) details[`tag_${tag}`] = value
  point.schema.names.forEach((field, index) => (details[`field_${field}`] = point.values[index]))
  details.time = formatInstant(point.time)
  return details
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
