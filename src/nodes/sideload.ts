import { messageOf } from '../core/errors.ts'
import { Memo } from '../core/memo.ts'
import { defineNode, Node, type NodeContext, StartError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import type { Value } from '../model/value.ts'
import { type FieldDefault, fieldDefaults, refuseDefaults } from './field-defaults.ts'
import { StringMap } from '../template/values.ts'
import { convert } from './sideload/convert.ts'
import { cleanKey, readSheets, type Sheet, type Sheets } from './sideload/source.ts'
import { compileTemplateOrRefuse, type NodeTemplate } from './template.ts'

const spec = nodeSpec({
  name: 'sideload',
  wants: 'either',
  provides: 'same',
  summary: 'Adds fields and tags from files, which files being told by the tags of each point.',
  properties: {
    source: t.string('URL of a directory, file:///…, with YAML and JSON files.').default(''),
    order: t.list(t.string('Templates of the files to look into, the first that has a key wins.')).default([]),
    field: t.call('A field to load.', { name: t.string('Key and field.'), value: t.any('Its default.') }).all(),
    tag: t.call('A tag to load.', { name: t.string('Key and tag.'), value: t.string('Its default.') }).all()
  },
  validate: ({ field }) => refuseDefaults(field),
  requiredFields: (_, below) => below
})

/** What a series gets, until the source is read again. */
interface Load {
  readonly sheets: Sheets
  /** Why the series gets nothing; '' where it does. */
  readonly error: string
  /** Keys whose values are of no use. */
  readonly problems: readonly string[]
  readonly fields: readonly Value[]
  readonly series: Series
  from: Group | undefined
  to: Group | undefined
}

/** The files that a point looks into follow from its tags alone, so what they give is worked out once a series. */
class Sideload extends Node<OptionsOf<typeof spec>> {
  readonly #order: readonly NodeTemplate[]
  readonly #fields: readonly FieldDefault[]
  readonly #tags: readonly FieldDefault[]
  readonly #schemas = new Memo((schema: Schema) =>
    this.#fields.reduce((extended, { name, type }) => extended.with(name, type), schema)
  )
  readonly #slot: number
  #sheets: Sheets

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#order = options.order.map((text) => compileTemplateOrRefuse('sideload', text))
    this.#fields = fieldDefaults(options.field)
    this.#tags = options.tag.map(({ name, value }) => ({ name, type: 'string', value }))
    this.#slot = context.newSeriesSlot()
    try {
      this.#sheets = readSheets(options.source)
    } catch (error) {
      throw new StartError(messageOf(error))
    }
  }

  /** What was read before stays where the source cannot be read. */
  override reload(): void {
    this.#sheets = readSheets(this.options.source)
  }

  override point(point: Point): void {
    const load = this.#loadOf(point)
    if (load.from !== point.group || load.to!.isForgotten) {
      load.from = point.group
      load.to = this.context.groups.regroup(load.series, point.group)
    }
    this.emit(this.#loaded(point, load, load.to!))
  }

  /** The batch itself keeps its tags. */
  override batch(batch: Batch): void {
    const points = batch.points.map((point) => this.#loaded(point, this.#loadOf(point), batch.group))
    this.emitBatch(new Batch(batch.name, batch.group, batch.tmax, points))
  }

  #loaded(point: Point, load: Load, group: Group): Point {
    if (load.error !== '') {
      this.error('failed to render order', { err: load.error })
      return point
    }
    for (const problem of load.problems) this.error('failed to load key', { err: problem })
    const schema = this.#schemas.get(point.schema)
    const values = point.values.slice()
    for (let i = 0; i < load.fields.length; i++) values[schema.indexOf(this.#fields[i]!.name)] = load.fields[i]!
    return point.withFields(schema, values).withSeries(load.series, group)
  }

  #loadOf({ series }: Point): Load {
    const known = series.slots[this.#slot] as Load | undefined
    if (known?.sheets === this.#sheets) return known
    const load = this.#load(series)
    series.slots[this.#slot] = load
    return load
  }

  #load(series: Series): Load {
    const problems: string[] = []
    const load = { sheets: this.#sheets, from: undefined, to: undefined }
    const tags = new StringMap(series.tags.toObject())
    const sheets: Sheet[] = []
    let error = ''
    for (const template of this.#order) {
      const key = template.render(tags, (reason) => (error = reason))
      if (key === undefined) return { ...load, error, problems, fields: [], series }
      const sheet = this.#sheets.get(cleanKey(key))
      if (sheet !== undefined) sheets.push(sheet)
    }
    const fields = this.#fields.map((wanted) => lookUp(sheets, wanted, problems))
    const loaded = this.#tags.map((wanted) => [wanted.name, lookUp(sheets, wanted, problems) as string] as const)
    const tagged = loaded.length === 0 ? series : series.withTags(series.tags.with(loaded))
    return { ...load, error, problems, fields, series: tagged }
  }
}

function lookUp(sheets: readonly Sheet[], { name, type, value: fallback }: FieldDefault, problems: string[]): Value {
  const sheet = sheets.find((one) => one.has(name))
  if (sheet === undefined) return fallback
  const loaded = convert(sheet.get(name), type)
  if (loaded !== undefined) return loaded
  problems.push(`key ${JSON.stringify(name)} holds ${JSON.stringify(sheet.get(name))}, which is no ${type}`)
  return fallback
}

export default defineNode(spec, Sideload)
